using System.Text;
using MicroVm.Api.Streams;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class ContainerStreamTests
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

    [Theory]
    [InlineData("/v1.50", Upgrade, false, 101, "application/vnd.docker.multiplexed-stream")]
    [InlineData("/v1.41", Upgrade, false, 101, "application/vnd.docker.raw-stream")]
    [InlineData("/v1.50", Upgrade, true, 101, "application/vnd.docker.raw-stream")]
    [InlineData("", "", false, 200, "application/vnd.docker.raw-stream")]
    public async Task Attach_streams_both_ways_and_ends_stdin_by_half_close(
        string version, string headers, bool terminal, int status, string type)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync($$"""{"Image":"busybox","Tty":{{(terminal ? "true" : "false")}},"OpenStdin":true}""");
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST {version}/containers/{id}/attach?stream=1&stdin=1&stdout=1&stderr=1 HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
        var head = new RawResponse(await client.ReadHeadAsync(), "");
        Assert.Equal((status, type), (head.Status, head.Header("Content-Type")));
        await client.SendAsync("hello");
        Assert.Equal("hello", await ReadOutput(client, terminal, StreamFrame.Stdout, 5));
        client.HalfClose();
        Assert.Equal("bye", await ReadOutput(client, terminal, StreamFrame.Stderr, 3));
        Assert.Equal("", await client.ReadToEndAsync());
    }

    [Theory]
    [InlineData("", "a\u0010b\u0010\u0011c", "a\u0010b")]
    [InlineData("&detachKeys=ctrl-a,x", "a\u0010\u0011b\u0001xc", "a\u0010\u0011b")]
    public async Task The_detach_keys_end_the_session_and_not_the_container(string query, string typed, string seen)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync("""{"Image":"busybox","Tty":true,"OpenStdin":true}""");
        await server.SendAsync("POST", $"/containers/{id}/start");
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST /containers/{id}/attach?stream=1&stdin=1&stdout=1{query} HTTP/1.1\r\nHost: x\r\n{Upgrade}\r\n");
        await client.ReadHeadAsync();
        await client.SendAsync(typed);
        Assert.StartsWith(await client.ReadToEndAsync(), seen, StringComparison.Ordinal);
        Assert.True((await server.GetJsonAsync($"/containers/{id}/json")).GetProperty("State").GetProperty("Running").GetBoolean());
    }

    [Fact]
    public async Task Unknown_detach_keys_are_refused()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        Assert.Equal(400, (await server.SendAsync("POST", $"/containers/{id}/attach?stream=1&stdout=1&detachKeys=nonsense")).Status);
    }

    [Fact]
    public async Task Wait_answers_its_headers_before_the_container_starts()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"POST /containers/{id}/wait?condition=removed HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("application/json", new RawResponse(await client.ReadHeadAsync(), "").Header("Content-Type"));
        await server.SendAsync("POST", $"/containers/{id}/start");
        await server.SendAsync("POST", $"/containers/{id}/kill?signal=9");
        Assert.Equal("""{"StatusCode":137}""", (await client.ReadChunkAsync()).Trim());
    }

    [Theory]
    [InlineData("stdout=1&stderr=1", "\u0001out\n\u0002err\n")]
    [InlineData("stdout=1&details=1", "\u0001a=%3Cb+c%3E,z~=%C3%A9%2F out\n\u0002 err\n")]
    [InlineData("stdout=1&details=1&timestamps=1", "\u00012024-01-02T03:04:05.000000000Z a=%3Cb+c%3E,z~=%C3%A9%2F out\n\u00022024-01-02T03:04:05.000000000Z  err\n")]
    [InlineData("stdout=1&timestamps=1", "\u00012024-01-02T03:04:05.000000000Z out\n\u00022024-01-02T03:04:05.000000000Z err\n")]
    public async Task Logs_are_framed(string query, string expected)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        RawResponse response = await server.SendAsync("GET", $"/v1.50/containers/{id}/logs?{query}&tail=5&since=1700000000.5");
        Assert.Equal("application/vnd.docker.multiplexed-stream", response.Header("Content-Type"));
        Assert.Equal(expected, Unframe(response.Body));
        Assert.Equal(["logs 5 1700000000500"], server.Containers.Calls);
    }

    [Fact]
    public async Task Logs_of_a_terminal_are_raw()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync("""{"Image":"busybox","Tty":true}""");
        RawResponse response = await server.SendAsync("GET", $"/v1.50/containers/{id}/logs?stdout=1&tail=all");
        Assert.Equal(("application/vnd.docker.raw-stream", "out\nerr\n"), (response.Header("Content-Type"), response.Body));
    }

    [Fact]
    public async Task Followed_logs_come_as_they_are_and_end_with_the_container()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync("""{"Image":"busybox","Tty":true}""");
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"GET /containers/{id}/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadHeadAsync();
        Assert.Equal("out\n", await client.ReadChunkAsync());
        Assert.Equal("err\n", await client.ReadChunkAsync());
        await server.SendAsync("POST", $"/containers/{id}/start");
        await server.SendAsync("POST", $"/containers/{id}/kill");
        Assert.Equal("end\n", await client.ReadChunkAsync());
        Assert.Equal("", await client.ReadChunkAsync());
    }

    [Fact]
    public async Task The_kernels_console_is_served()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync();
        Assert.Equal("Linux version 6\n", (await server.SendAsync("GET", $"/v1.50/mvm/containers/{id}/logs/kernel")).Body);
    }

    private static async Task<string> ReadOutput(RawHttpClient client, bool terminal, byte stream, int length)
    {
        if (!terminal)
        {
            Assert.True(StreamFrame.TryReadHeader(await client.ReadAsync(8), out byte found, out uint count));
            Assert.Equal((stream, (uint)length), (found, count));
        }

        return await client.ReadTextAsync(length);
    }

    /// <summary>Each frame as its stream's number and its text.</summary>
    private static string Unframe(string body)
    {
        ReadOnlySpan<byte> rest = Encoding.Latin1.GetBytes(body);
        var text = new StringBuilder();
        while (!rest.IsEmpty)
        {
            Assert.True(StreamFrame.TryReadHeader(rest, out byte stream, out uint length));
            text.Append((char)stream).Append(Encoding.Latin1.GetString(rest.Slice(8, (int)length)));
            rest = rest[(8 + (int)length)..];
        }

        return text.ToString();
    }
}
