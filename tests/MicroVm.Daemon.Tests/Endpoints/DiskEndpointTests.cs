using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class DiskEndpointTests
{
    [Fact]
    public async Task Usage_counts_what_is_asked_for()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync(query: "?name=four");
        JsonElement all = await server.GetJsonAsync("/v1.50/system/df");
        Assert.Equal(4, all.GetProperty("Containers")[0].GetProperty("SizeRw").GetInt64());
        Assert.Equal((0, 0, 0), (
            all.GetProperty("LayersSize").GetInt64(), all.GetProperty("Images").GetArrayLength(), all.GetProperty("Volumes").GetArrayLength()));
        JsonElement images = await server.GetJsonAsync("/v1.50/system/df?type=image&type=build-cache");
        Assert.Equal((JsonValueKind.Null, JsonValueKind.Array), (images.GetProperty("Containers").ValueKind, images.GetProperty("BuildCache").ValueKind));
        RawResponse wrong = await server.SendAsync("GET", "/system/df?type=everything");
        Assert.Equal(400, wrong.Status);
        Assert.Contains("unknown object type: everything", wrong.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/containers/json?all=1", false)]
    [InlineData("/containers/json?all=1&size=1", true)]
    [InlineData("/containers/four/json", false)]
    [InlineData("/containers/four/json?size=true", true)]
    public async Task Sizes_are_told_when_they_are_asked_for(string path, bool expected)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync(query: "?name=four");
        JsonElement answer = await server.GetJsonAsync(path);
        JsonElement container = answer.ValueKind == JsonValueKind.Array ? answer[0] : answer;
        Assert.Equal(expected, container.TryGetProperty("SizeRootFs", out _));
        Assert.Equal(expected ? 4 : -1, container.TryGetProperty("SizeRw", out JsonElement size) ? size.GetInt64() : -1);
    }

    [Theory]
    [InlineData("/containers/prune", """{"ContainersDeleted":[""", "\"SpaceReclaimed\":4}")]
    [InlineData("/containers/prune?filters=%7B%22label!%22%3A%5B%22x%22%5D%7D", """{"ContainersDeleted":[]""", "\"SpaceReclaimed\":0}")]
    [InlineData("/networks/prune", """{"NetworksDeleted":[]}""", "}")]
    [InlineData("/volumes/prune", """{"VolumesDeleted":[],"SpaceReclaimed":0}""", "}")]
    [InlineData("/build/prune", """{"CachesDeleted":[],"SpaceReclaimed":0}""", "}")]
    public async Task Prunes_say_what_they_removed(string path, string begin, string end)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync("""{"Image":"busybox","Labels":{"x":"1"}}""", "?name=four");
        string body = (await server.SendAsync("POST", path)).Body.Trim();
        Assert.StartsWith(begin, body, StringComparison.Ordinal);
        Assert.EndsWith(end, body, StringComparison.Ordinal);
    }
}
