using System.Text.Json;
using MicroVm.Daemon.Tests.Http;
using MicroVm.Engine.Events;

namespace MicroVm.Daemon.Tests.Endpoints;

public class EventEndpointTests
{
    [Fact]
    public async Task Headers_come_before_events_and_each_event_when_it_happens()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /v1.50/events HTTP/1.1\r\nHost: x\r\n\r\n");
        Assert.Equal("application/json", new RawResponse(await client.ReadHeadAsync(), "").Header("Content-Type"));
        Publish(server, EventTypes.Container, "die", "abc", ("image", "busybox:1"), ("exitCode", "3"));
        JsonElement told = JsonDocument.Parse(await client.ReadChunkAsync()).RootElement;
        Assert.Equal(
            ("die", "abc", "busybox:1", "container", "die", "local"),
            (Text(told, "status"), Text(told, "id"), Text(told, "from"), Text(told, "Type"), Text(told, "Action"), Text(told, "scope")));
        Assert.Equal(("abc", "3"), (Text(told.GetProperty("Actor"), "ID"), Text(told.GetProperty("Actor").GetProperty("Attributes"), "exitCode")));
        Assert.Equal(told.GetProperty("time").GetInt64(), told.GetProperty("timeNano").GetInt64() / 1_000_000_000);
    }

    [Theory]
    [InlineData("", "die pull start create")]
    [InlineData("""{"type":["container"]}""", "die start")]
    [InlineData("""{"event":{"die":true,"pull":true}}""", "die pull")]
    [InlineData("""{"event":["exec_create"]}""", "")]
    [InlineData("""{"container":["we"]}""", "die start")]
    [InlineData("""{"container":["ab"]}""", "die")]
    [InlineData("""{"container":["eb"]}""", "")]
    [InlineData("""{"image":["busybox"]}""", "die pull")]
    [InlineData("""{"image":["busybox:1"]}""", "die pull")]
    [InlineData("""{"image":["busybox:2"]}""", "")]
    [InlineData("""{"label":["tier=web"]}""", "die")]
    [InlineData("""{"label":["tier"],"event":["start"]}""", "")]
    [InlineData("""{"network":["net"]}""", "create")]
    [InlineData("""{"scope":["local"]}""", "die pull start create")]
    [InlineData("""{"scope":["swarm"]}""", "")]
    [InlineData("""{"daemon":["elsewhere"]}""", "")]
    [InlineData("""{"service":["x"]}""", "")]
    public async Task Filters_choose(string filters, string expected)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Publish(server, EventTypes.Container, "die", "abc", ("name", "web1"), ("image", "busybox:1"), ("tier", "web"));
        Publish(server, EventTypes.Image, "pull", "sha256:1", ("name", "busybox:1"));
        Publish(server, EventTypes.Container, "start", "def", ("name", "web2"), ("image", "alpine"));
        Publish(server, EventTypes.Network, "create", "net1", ("name", "x"));
        Assert.Equal(expected, await ActionsAsync(server, "until=0s&filters=" + Uri.EscapeDataString(filters)));
    }

    [Fact]
    public async Task Since_and_until_bound_the_past()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Publish(server, EventTypes.Container, "old", "a");
        DateTimeOffset between = await TimeOfLastAsync(server);
        while (DateTimeOffset.UtcNow <= between)
        {
            await Task.Yield();
        }

        Publish(server, EventTypes.Container, "new", "a");
        string time = FormattableString.Invariant($"{between.ToUnixTimeMilliseconds() / 1000}.{between.UtcTicks % TimeSpan.TicksPerSecond:0000000}");
        Assert.Equal("old new", await ActionsAsync(server, $"since={time}&until=0s"));
        Assert.Equal("old", await ActionsAsync(server, $"until={time}"));
        Assert.Equal("old new", await ActionsAsync(server, "since=0&until=0s"));
        Assert.Equal("", await ActionsAsync(server, "since=2999-01-01T00:00:00Z&until=0s"));
    }

    [Theory]
    [InlineData("since=yesterday", 400, "since")]
    [InlineData("filters=%7B%22x%22%3A%5B%5D%7D", 400, "invalid filter 'x'")]
    [InlineData("filters=nonsense", 400, "invalid filter")]
    public async Task Nonsense_is_refused(string query, int status, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("GET", "/events?" + query);
        Assert.Equal(status, response.Status);
        Assert.Contains(words, response.Body);
    }

    [Fact]
    public async Task A_reader_that_is_too_slow_is_cut_off()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadHeadAsync();
        for (int index = 0; index < EventBus.Capacity * 4; index++)
        {
            Publish(server, EventTypes.Container, "start", "a", ("label", new string('x', 1000)));
        }

        string rest = await client.ReadToEndAsync();
        Assert.False(rest.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal), "it looks complete");
        Assert.True(rest.Length < EventBus.Capacity * 1200, $"{rest.Length} characters were kept for it");
    }

    private static async Task<string> ActionsAsync(ApiTestServer server, string query)
    {
        RawResponse response = await server.SendAsync("GET", "/events?" + query);
        Assert.Equal(200, response.Status);
        return string.Join(' ', response.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => Text(JsonDocument.Parse(line).RootElement, "Action")));
    }

    private static async Task<DateTimeOffset> TimeOfLastAsync(ApiTestServer server) =>
        (await server.Events.Subscribe(past: true).ReadAsync(Task.CompletedTask, CancellationToken.None))[^1].Time;

    private static void Publish(ApiTestServer server, string type, string action, string id, params (string Key, string Value)[] attributes) =>
        server.Events.Publish(type, action, id, attributes.ToDictionary(attribute => attribute.Key, attribute => attribute.Value));

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
