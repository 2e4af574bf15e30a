using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class SystemEndpointTests
{
    [Theory]
    [InlineData("GET", "OK")]
    [InlineData("HEAD", "")]
    public async Task Ping_tells_clients_what_they_talk_to(string method, string body)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync(method, "/_ping");
        Assert.Equal((200, body), (response.Status, response.Body));
        Assert.Equal("1.50", response.Header("Api-Version"));
        Assert.Equal("linux", response.Header("Ostype"));
        Assert.Equal("false", response.Header("Docker-Experimental"));
        Assert.StartsWith("mvmd/", response.Header("Server"));
        Assert.Equal("inactive", response.Header("Swarm"));
    }

    [Theory]
    [InlineData("/v1.24/version", 200)]
    [InlineData("/v1.50/version", 200)]
    [InlineData("/version", 200)]
    [InlineData("/v1.23/version", 400)]
    [InlineData("/v1.51/version", 400)]
    [InlineData("/v2.0/version", 400)]
    [InlineData("/v0.99/version", 400)]
    [InlineData("/v1/version", 404)]
    [InlineData("/v1.50", 404)]
    [InlineData("/v1.50x/version", 404)]
    [InlineData("/", 404)]
    [InlineData("/nothing", 404)]
    public async Task Versions_in_the_path_are_checked(string path, int status)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("GET", path);
        Assert.Equal(status, response.Status);
        Assert.Equal("application/json", response.Header("Content-Type"));
    }

    [Fact]
    public async Task Out_of_range_versions_are_refused_in_Dockers_words()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Assert.Equal(
            """{"message":"client version 1.12 is too old. Minimum supported API version is 1.24, please upgrade your client to a newer version"}""",
            (await server.SendAsync("GET", "/v1.12/_ping")).Body.Trim());
        Assert.Equal(
            """{"message":"client version 1.99 is too new. Maximum supported API version is 1.50"}""",
            (await server.SendAsync("GET", "/v1.99/_ping")).Body.Trim());
    }

    [Theory]
    [InlineData("GET", "/v1.50/nothing")]
    [InlineData("DELETE", "/version")]
    [InlineData("PATCH", "/containers/json")]
    public async Task What_is_not_there_is_page_not_found(string method, string path)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync(method, path);
        Assert.Equal((404, """{"message":"page not found"}"""), (response.Status, response.Body.Trim()));
        Assert.NotNull(response.Header("Api-Version"));
    }

    [Theory]
    [InlineData("GET", "/swarm", 503)]
    [InlineData("GET", "/services", 503)]
    [InlineData("GET", "/nodes/x", 503)]
    [InlineData("POST", "/grpc", 501)]
    [InlineData("POST", "/session", 501)]
    [InlineData("GET", "/networks/x", 404)]
    [InlineData("GET", "/volumes/x", 404)]
    public async Task What_Docker_has_and_we_have_not_says_so(string method, string path, int status)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync(method, path);
        Assert.Equal(status, response.Status);
        Assert.NotEmpty(JsonDocument.Parse(response.Body).RootElement.GetProperty("message").GetString()!);
    }

    [Fact]
    public async Task Version_and_info_describe_the_host()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        JsonElement version = await server.GetJsonAsync("/version");
        Assert.Equal(("1.50", "1.24", "linux", "amd64"), (
            version.GetProperty("ApiVersion").GetString(), version.GetProperty("MinAPIVersion").GetString(),
            version.GetProperty("Os").GetString(), version.GetProperty("Arch").GetString()));
        Assert.Equal("Engine", version.GetProperty("Components")[0].GetProperty("Name").GetString());
        await server.CreateAsync();
        JsonElement info = await server.GetJsonAsync("/info");
        Assert.Equal(1, info.GetProperty("Containers").GetInt32());
        Assert.Equal("inactive", info.GetProperty("Swarm").GetProperty("LocalNodeState").GetString());
        Assert.Equal(Environment.ProcessorCount, info.GetProperty("NCPU").GetInt32());
        Assert.True(info.GetProperty("MemTotal").GetInt64() > 1 << 20);
        Assert.Equal("tcg", info.GetProperty("Mvm").GetProperty("Accelerator").GetString());
        Assert.Contains("no /dev/kvm", info.GetProperty("Warnings")[0].GetString());
        Assert.True(info.GetProperty("RegistryConfig").GetProperty("IndexConfigs").TryGetProperty("docker.io", out _));
    }

    [Fact]
    public async Task A_malformed_request_line_gets_an_answer_and_the_next_client_too()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        using RawHttpClient client = await server.ConnectAsync();
        await client.SendAsync("\u0016\u0003\u0001\r\n\r\n");
        Assert.Equal(400, (await client.ReadResponseAsync()).Status);
        Assert.Equal(200, (await server.SendAsync("GET", "/_ping")).Status);
    }
}
