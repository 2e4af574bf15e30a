using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>On an empty store; images that are there are the integration tests' matter.</summary>
public class ImageEndpointTests
{
    [Theory]
    [InlineData("GET", "/images/library/none:1/json", 404, "No such image: none:1")]
    [InlineData("GET", "/images/none/history", 404, "No such image: none")]
    [InlineData("DELETE", "/images/none", 404, "No such image: none")]
    [InlineData("POST", "/images/none/tag?repo=x&tag=y", 404, "No such image: none")]
    [InlineData("POST", "/images/none/tag?repo=UPPER&tag=y", 400, "")]
    [InlineData("POST", "/images/none/push", 404, "An image does not exist locally with the tag: none")]
    [InlineData("GET", "/images/none/get", 404, "No such image: none:latest")]
    [InlineData("GET", "/images/json?filters=%7B%22x%22%3A%5B%5D%7D", 400, "invalid filter 'x'")]
    [InlineData("POST", "/images/create", 400, "fromImage")]
    [InlineData("POST", "/images/create?fromSrc=-", 501, "import")]
    [InlineData("POST", "/images/create?fromImage=UPPER&tag=x", 400, "")]
    [InlineData("GET", "/images/none/what", 404, "page not found")]
    public async Task Failures_have_status_and_words(string method, string path, int status, string words)
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync(method, path);
        Assert.Equal(status, response.Status);
        Assert.Contains(words, JsonDocument.Parse(response.Body).RootElement.GetProperty("message").GetString());
    }

    [Fact]
    public async Task An_empty_store_lists_and_prunes_nothing()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        Assert.Equal(0, (await server.GetJsonAsync("/images/json")).GetArrayLength());
        RawResponse response = await server.SendAsync("POST", "/images/prune");
        Assert.Equal("""{"ImagesDeleted":[],"SpaceReclaimed":0}""", response.Body.Trim());
    }

    [Fact]
    public async Task A_registry_that_is_down_fails_with_a_status_and_no_progress()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("POST", "/images/create?fromImage=127.0.0.1:9/x&tag=1");
        Assert.True(response.Status == 500, response.Body);
        Assert.Contains("127.0.0.1:9", response.Body);
    }

    [Fact]
    public async Task Rubbish_is_no_archive()
    {
        await using ApiTestServer server = await ApiTestServer.StartAsync();
        RawResponse response = await server.SendAsync("POST", "/images/load?quiet=1", new string('x', 3000));
        Assert.Equal(400, response.Status);
    }
}
