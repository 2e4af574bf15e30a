using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class VolumeEndpointTests
{
    [Fact]
    public async Task A_volume_is_made_once_and_told_of()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        const string body = """{"Name":"data","Driver":"local","DriverOpts":{},"Labels":{"tier":"db"}}""";
        RawResponse made = await server.SendAsync("POST", "/v1.50/volumes/create", body);
        RawResponse again = await server.SendAsync("POST", "/v1.50/volumes/create", """{"Name":"data"}""");
        Assert.Equal((201, 201, made.Body), (made.Status, again.Status, again.Body));
        JsonElement volume = await server.GetJsonAsync("/v1.50/volumes/data");
        Assert.Equal(("data", "local", "local", "db"), (
            volume.GetProperty("Name").GetString(), volume.GetProperty("Driver").GetString(), volume.GetProperty("Scope").GetString(),
            volume.GetProperty("Labels").GetProperty("tier").GetString()));
        Assert.Equal(JsonValueKind.Null, volume.GetProperty("Options").ValueKind);
        Assert.True(Directory.Exists(volume.GetProperty("Mountpoint").GetString()));
        Assert.Matches(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\z", volume.GetProperty("CreatedAt").GetString());
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("""{"name":["one"]}""", 1)]
    [InlineData("""{"label":["tier=db"]}""", 1)]
    [InlineData("""{"label":["tier"]}""", 2)]
    [InlineData("""{"label!":["tier=db"]}""", 1)]
    [InlineData("""{"dangling":["true"]}""", 2)]
    [InlineData("""{"dangling":["false"]}""", 0)]
    [InlineData("""{"driver":["local"]}""", 2)]
    [InlineData("""{"driver":["nfs"]}""", 0)]
    public async Task Lists_are_filtered(string filters, int count)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.SendAsync("POST", "/volumes/create", """{"Name":"one","Labels":{"tier":"db"}}""");
        await server.SendAsync("POST", "/volumes/create", """{"Name":"two","Labels":{"tier":"web"}}""");
        JsonElement list = await server.GetJsonAsync(filters.Length == 0 ? "/volumes" : "/volumes?filters=" + Uri.EscapeDataString(filters));
        Assert.Equal(count, list.GetProperty("Volumes").GetArrayLength());
        Assert.Equal(JsonValueKind.Null, list.GetProperty("Warnings").ValueKind);
    }

    [Theory]
    [InlineData("GET", "/volumes/none", "", 404, "get none: no such volume")]
    [InlineData("DELETE", "/volumes/none", "", 404, "get none: no such volume")]
    [InlineData("DELETE", "/volumes/none?force=1", "", 204, "")]
    [InlineData("GET", "/volumes?filters=%7B%22x%22%3A%5B%22y%22%5D%7D", "", 400, "invalid filter 'x'")]
    [InlineData("POST", "/volumes/create", """{"Name":"../x"}""", 400, "includes invalid characters for a local volume name")]
    [InlineData("POST", "/volumes/create", """{"Name":"x"}""", 400, "volume name is too short")]
    [InlineData("POST", "/volumes/create", """{"Driver":"foo"}""", 404, "error looking up volume plugin foo")]
    [InlineData("POST", "/volumes/create", """{"DriverOpts":{"type":"nfs","device":":/x"}}""", 400, "volumes of type nfs are not supported")]
    [InlineData("POST", "/volumes/create", """{"DriverOpts":{"colour":"red"}}""", 400, "invalid option")]
    public async Task What_cannot_be_says_so(string method, string path, string body, int status, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync(method, path, body);
        Assert.Equal(status, response.Status);
        Assert.Contains(words, response.Body.Replace("\\u0027", "'", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", new[] { "named" })]
    [InlineData("?filters=%7B%22all%22%3A%5B%22true%22%5D%7D", new string[0])]
    public async Task A_prune_leaves_names_alone_unless_it_is_for_all(string query, string[] left)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.SendAsync("POST", "/volumes/create", """{"Name":"named"}""");
        RawResponse made = await server.SendAsync("POST", "/volumes/create", "{}");
        string anonymous = JsonDocument.Parse(made.Body).RootElement.GetProperty("Name").GetString()!;
        RawResponse pruned = await server.SendAsync("POST", "/volumes/prune" + query);
        IEnumerable<string?> deleted = JsonDocument.Parse(pruned.Body).RootElement.GetProperty("VolumesDeleted").EnumerateArray().Select(v => v.GetString());
        Assert.Contains(anonymous, deleted);
        JsonElement list = await server.GetJsonAsync("/volumes");
        Assert.Equal(left, list.GetProperty("Volumes").EnumerateArray().Select(v => v.GetProperty("Name").GetString()));
    }

    [Fact]
    public async Task Disk_usage_counts_the_files_of_a_volume()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        await server.SendAsync("POST", "/volumes/create", """{"Name":"data"}""");
        string directory = (await server.GetJsonAsync("/volumes/data")).GetProperty("Mountpoint").GetString()!;
        await File.WriteAllBytesAsync(Path.Combine(directory, "file"), new byte[100_000], TestContext.Current.CancellationToken);
        JsonElement usage = (await server.GetJsonAsync("/system/df?type=volume")).GetProperty("Volumes")[0].GetProperty("UsageData");
        Assert.Equal(0, usage.GetProperty("RefCount").GetInt64());
        Assert.InRange(usage.GetProperty("Size").GetInt64(), 100_000, 200_000);
    }

    [Fact]
    public async Task What_a_container_was_to_have_mounted_is_told_again()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        string id = await server.CreateAsync("""
            {"Image":"busybox","Volumes":{"/anon":{}},"HostConfig":{"Binds":["/tmp:/a:ro","vol:/b"],"VolumesFrom":["other:ro"],
            "Mounts":[{"Type":"bind","Source":"/tmp","Target":"/c","ReadOnly":true,"BindOptions":{"Propagation":"rslave"}},
            {"Type":"volume","Target":"/d","VolumeOptions":{"NoCopy":true,"Labels":{"x":"y"}}},{"Type":"tmpfs","Target":"/e"}]}}
            """);
        JsonElement host = (await server.GetJsonAsync($"/containers/{id}/json")).GetProperty("HostConfig");
        Assert.Equal("""["/tmp:/a:ro","vol:/b"]""", host.GetProperty("Binds").GetRawText());
        Assert.Equal("""["other:ro"]""", host.GetProperty("VolumesFrom").GetRawText());
        Assert.Equal(
            """[{"Type":"bind","Source":"/tmp","Target":"/c","ReadOnly":true,"BindOptions":{"Propagation":"rslave"}},"""
            + """{"Type":"volume","Source":"","Target":"/d","VolumeOptions":{"NoCopy":true,"Labels":{"x":"y"}}}]""",
            host.GetProperty("Mounts").GetRawText());
        Assert.Equal("/e", host.GetProperty("Tmpfs").EnumerateObject().Single().Name);
    }
}
