using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class ObserveEndpointTests
{
    [Fact]
    public async Task Stats_have_the_measurement_before()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await RunAsync(server);
        JsonElement stats = await server.GetJsonAsync($"/v1.50/containers/{id}/stats?stream=0");
        Assert.Equal(("/web", id), (stats.GetProperty("name").GetString(), stats.GetProperty("id").GetString()));
        JsonElement cpu = stats.GetProperty("cpu_stats");
        JsonElement before = stats.GetProperty("precpu_stats");
        Assert.Equal(4, cpu.GetProperty("online_cpus").GetInt32());
        Assert.Equal(500_000_000, Total(cpu) - Total(before));
        Assert.Equal(4_000_000_000, cpu.GetProperty("system_cpu_usage").GetInt64() - before.GetProperty("system_cpu_usage").GetInt64());
        Assert.Equal((300, 1000, 100), (
            stats.GetProperty("memory_stats").GetProperty("usage").GetInt32(),
            stats.GetProperty("memory_stats").GetProperty("limit").GetInt32(),
            stats.GetProperty("memory_stats").GetProperty("stats").GetProperty("inactive_file").GetInt32()));
        Assert.Equal(5, stats.GetProperty("networks").GetProperty("eth0").GetProperty("tx_bytes").GetInt32());
        JsonElement disk = stats.GetProperty("blkio_stats").GetProperty("io_service_bytes_recursive")[1];
        Assert.Equal(("write", 8192), (disk.GetProperty("op").GetString(), disk.GetProperty("value").GetInt32()));
        Assert.Equal(7, stats.GetProperty("pids_stats").GetProperty("current").GetInt32());
        Assert.Equal("2024-01-02T03:04:07Z", stats.GetProperty("read").GetString());
    }

    [Fact]
    public async Task One_shot_has_none_and_a_stopped_container_only_its_name()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await RunAsync(server);
        JsonElement stats = await server.GetJsonAsync($"/containers/{id}/stats?stream=false&one-shot=true");
        Assert.Equal((0, "0001-01-01T00:00:00Z"), (Total(stats.GetProperty("precpu_stats")), stats.GetProperty("preread").GetString()));
        await server.SendAsync("POST", $"/containers/{id}/kill");
        stats = await server.GetJsonAsync($"/containers/{id}/stats?stream=false");
        Assert.Equal(("/web", "0001-01-01T00:00:00Z"), (stats.GetProperty("name").GetString(), stats.GetProperty("read").GetString()));
        Assert.False(stats.TryGetProperty("networks", out _));
        RawResponse both = await server.SendAsync("GET", $"/containers/{id}/stats?stream=true&one-shot=true");
        Assert.Equal(400, both.Status);
        Assert.Equal(404, (await server.SendAsync("GET", "/containers/none/stats")).Status);
    }

    [Fact]
    public async Task A_stream_goes_on_until_the_container_has_gone()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await RunAsync(server);
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync($"GET /containers/{id}/stats HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadHeadAsync();
        JsonElement first = JsonDocument.Parse(await client.ReadChunkAsync()).RootElement;
        JsonElement second = JsonDocument.Parse(await client.ReadChunkAsync()).RootElement;
        Assert.Equal(Total(first.GetProperty("cpu_stats")), Total(second.GetProperty("precpu_stats")));
        await server.SendAsync("DELETE", $"/containers/{id}?force=1");
        while (await client.ReadChunkAsync() is { Length: > 0 })
        {
        }
    }

    [Theory]
    [InlineData("", "UID,PID,PPID,C,STIME,TTY,TIME,CMD", "root,70,1,50,*,pts/0,01:01:01,sh -c sleep 1")]
    [InlineData("-ef", "UID,PID,PPID,C,STIME,TTY,TIME,CMD", "root,70,1,50,*,pts/0,01:01:01,sh -c sleep 1")]
    [InlineData("aux", "USER,PID,%CPU,%MEM,VSZ,RSS,TTY,STAT,START,TIME,COMMAND", "root,70,50.0,0.0,8,4,pts/0,Ssl,*,61:01,sh -c sleep 1")]
    [InlineData("-o pid,comm", "PID,COMMAND", "70,sh")]
    [InlineData("-eo pid,stat,etime,args", "PID,STAT,ELAPSED,COMMAND", "70,Ssl,02:02:02,sh -c sleep 1")]
    [InlineData("-o pid -o user=WHO", "PID,WHO", "70,root")]
    [InlineData("-e --format pid", "PID", "70")]
    [InlineData("-A", "PID,TTY,TIME,CMD", "70,pts/0,01:01:01,sh")]
    public async Task Top_has_the_columns_of_ps(string options, string titles, string row)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await RunAsync(server);
        JsonElement top = await server.GetJsonAsync($"/containers/{id}/top?ps_args={Uri.EscapeDataString(options)}");
        Assert.Equal(titles, string.Join(',', top.GetProperty("Titles").EnumerateArray()));
        string[] cells = [.. top.GetProperty("Processes")[0].EnumerateArray().Select(cell => cell.GetString()!)];
        string[] expected = row.Split(',');
        Assert.Equal(expected.Length, cells.Length);
        Assert.All(expected.Zip(cells), pair => Assert.True(pair.First == "*" || pair.First == pair.Second, $"{pair.First} {pair.Second}"));
    }

    [Theory]
    [InlineData("-o nonsense", "unknown ps column \"nonsense\"")]
    [InlineData("-o", "is not supported")]
    [InlineData("--sort=pid", "is not supported")]
    [InlineData("-Z", "is not supported")]
    public async Task Top_says_what_it_cannot(string options, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await RunAsync(server);
        RawResponse response = await server.SendAsync("GET", $"/containers/{id}/top?ps_args={Uri.EscapeDataString(options)}");
        Assert.Equal(400, response.Status);
        Assert.Contains(words, JsonDocument.Parse(response.Body).RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task<string> RunAsync(ApiTestServer server)
    {
        string id = await server.CreateAsync(query: "?name=web");
        await server.SendAsync("POST", $"/containers/{id}/start");
        return id;
    }

    private static long Total(JsonElement cpu) => cpu.GetProperty("cpu_usage").GetProperty("total_usage").GetInt64();
}
