using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class ExecEndpointTests
{
    private const string Upgrade = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

    [Theory]
    [InlineData(Upgrade, 101)]
    [InlineData("", 200)]
    public async Task Start_streams_both_ways_and_the_exit_code_is_there_at_the_end(string headers, int status)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string exec = await CreateAsync(server, """{"AttachStdin":true,"AttachStdout":true,"Tty":true,"Cmd":["cat"]}""");
        using RawHttpClient client = await server.ConnectAsync();
        Assert.Equal(status, await StartAsync(client, exec, """{"Detach":false,"Tty":true,"ConsoleSize":[24,80]}""", headers));
        await client.SendAsync("hello");
        Assert.Equal("hello", await client.ReadTextAsync(5));
        JsonElement running = await server.GetJsonAsync($"/exec/{exec}/json");
        Assert.True(running.GetProperty("Running").GetBoolean());
        Assert.Equal(JsonValueKind.Null, running.GetProperty("ExitCode").ValueKind);
        client.HalfClose();
        Assert.Equal("bye", await client.ReadToEndAsync());
        Assert.Equal(3, (await server.GetJsonAsync($"/exec/{exec}/json")).GetProperty("ExitCode").GetInt32());
        Assert.Equal(["start (24, 80)"], server.Execs.Calls);
    }

    [Fact]
    public async Task A_process_that_cannot_be_run_is_told_in_the_stream()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string exec = await CreateAsync(server, """{"AttachStdout":true,"Cmd":["missing"]}""");
        using RawHttpClient client = await server.ConnectAsync();
        Assert.Equal(101, await StartAsync(client, exec, "{}", Upgrade));
        Assert.Equal("\u0001\0\0\0\0\0\0\u001bexecutable file not found\r\n", await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_detached_start_answers_when_it_runs_or_why_not()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string container = await RunAsync(server);
        string exec = await CreateAsync(server, """{"Cmd":["sleep"]}""", container);
        Assert.Equal(200, (await server.SendAsync("POST", $"/exec/{exec}/start", """{"Detach":true}""")).Status);
        Assert.Equal([exec], (await server.GetJsonAsync($"/containers/{container}/json")).GetProperty("ExecIDs").EnumerateArray().Select(e => e.GetString()));
        exec = await CreateAsync(server, """{"Cmd":["missing"]}""", container);
        Assert.Equal(400, (await server.SendAsync("POST", $"/exec/{exec}/start", """{"Detach":true}""")).Status);
    }

    [Theory]
    [InlineData("POST", "/exec/nosuch/start", "{}", 404)]
    [InlineData("GET", "/exec/nosuch/json", "", 404)]
    [InlineData("POST", "/exec/nosuch/resize?h=1&w=1", "", 404)]
    [InlineData("POST", "/exec/nosuch/resize?h=-1&w=1", "", 400)]
    [InlineData("POST", "/exec/nosuch/start", """{"Detach":true,"ConsoleSize":[1]}""", 400)]
    [InlineData("POST", "/exec/nosuch/start", """{"ConsoleSize":[1,70000]}""", 400)]
    [InlineData("POST", "/exec/nosuch/start", "nonsense", 400)]
    [InlineData("POST", "/containers/nosuch/exec", """{"Cmd":["sh"]}""", 404)]
    [InlineData("POST", "/containers/nosuch/exec", "", 400)]
    public async Task Bad_requests_are_refused(string method, string path, string body, int status)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Assert.Equal(status, (await server.SendAsync(method, path, body)).Status);
    }

    [Fact]
    public async Task A_container_that_does_not_run_runs_nothing()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string container = await server.CreateAsync();
        RawResponse response = await server.SendAsync("POST", $"/containers/{container}/exec", """{"Cmd":["sh"]}""");
        Assert.Equal((409, true), (response.Status, response.Body.Contains("is not running", StringComparison.Ordinal)));
    }

    private static async Task<string> RunAsync(ApiTestServer server)
    {
        string container = await server.CreateAsync();
        await server.SendAsync("POST", $"/containers/{container}/start");
        return container;
    }

    private static async Task<string> CreateAsync(ApiTestServer server, string body, string? container = null)
    {
        RawResponse response = await server.SendAsync("POST", $"/v1.50/containers/{container ?? await RunAsync(server)}/exec", body);
        Assert.True(response.Status == 201, response.Body);
        return JsonDocument.Parse(response.Body).RootElement.GetProperty("Id").GetString()!;
    }

    private static async Task<int> StartAsync(RawHttpClient client, string exec, string body, string headers)
    {
        await client.SendAsync(
            $"POST /v1.50/exec/{exec}/start HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");
        return new RawResponse(await client.ReadHeadAsync(), "").Status;
    }
}
