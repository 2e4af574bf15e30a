using System.Text;
using System.Text.Json;
using MicroVm.Daemon.Tests.Http;

namespace MicroVm.Daemon.Tests.Endpoints;

public class FileEndpointTests
{
    [Fact]
    public async Task A_stat_is_in_the_header_as_Go_has_it()
    {
        await using ApiTestServer server = await StartAsync();
        RawResponse response = await server.SendAsync("HEAD", "/containers/c/archive?path=/etc/file");
        Assert.Equal((200, ""), (response.Status, response.Body));
        JsonElement stat = JsonDocument.Parse(Convert.FromBase64String(response.Header("X-Docker-Container-Path-Stat")!)).RootElement;
        Assert.Equal(("file", 7L, 0x8001EDu, "2001-09-09T01:46:40.12Z", ""), (
            stat.GetProperty("name").GetString(), stat.GetProperty("size").GetInt64(), stat.GetProperty("mode").GetUInt32(),
            stat.GetProperty("mtime").GetString(), stat.GetProperty("linkTarget").GetString()));
    }

    [Fact]
    public async Task An_archive_streams_behind_its_stat()
    {
        await using ApiTestServer server = await StartAsync();
        RawResponse response = await server.SendAsync("GET", "/containers/c/archive?path=/etc/file");
        Assert.Equal((200, "content", "application/x-tar"), (response.Status, response.Body, response.Header("Content-Type")));
        Assert.NotNull(response.Header("X-Docker-Container-Path-Stat"));
    }

    [Fact]
    public async Task An_archive_that_breaks_off_is_cut_not_ended()
    {
        await using ApiTestServer server = await StartAsync();
        server.Files.Breaks = true;
        await Assert.ThrowsAnyAsync<Exception>(() => server.SendAsync("GET", "/containers/c/archive?path=/etc/file"));
        await Assert.ThrowsAnyAsync<Exception>(() => server.SendAsync("GET", "/containers/c/export"));
    }

    [Theory]
    [InlineData("HEAD", "archive?path=/nope", 404, "")]
    [InlineData("GET", "archive?path=/nope", 404, "Could not find the file /nope in container c")]
    [InlineData("GET", "archive", 400, "'path' cannot be empty")]
    [InlineData("PUT", "archive", 400, "'path' cannot be empty")]
    public async Task What_is_wrong_is_said(string method, string path, int status, string message)
    {
        await using ApiTestServer server = await StartAsync();
        RawResponse response = await server.SendAsync(method, "/containers/c/" + path);
        Assert.Equal(status, response.Status);
        Assert.Contains(message, response.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false, false)]
    [InlineData("&noOverwriteDirNonDir=true&copyUIDGID=1", true, true)]
    [InlineData("&noOverwriteDirNonDir=0&copyUIDGID=false", false, false)]
    public async Task An_upload_is_written_as_asked(string query, bool keepKinds, bool toUser)
    {
        await using ApiTestServer server = await StartAsync();
        RawResponse response = await server.SendAsync("PUT", "/containers/c/archive?path=/new" + query, "bytes");
        Assert.Equal(200, response.Status);
        Assert.Equal("bytes", Encoding.ASCII.GetString(server.Files.Contents["/new"]));
        Assert.Equal(new(keepKinds, toUser), server.Files.Written);
    }

    [Fact]
    public async Task Changes_have_Dockers_numbers()
    {
        await using ApiTestServer server = await StartAsync();
        Assert.Equal(0, (await server.GetJsonAsync("/containers/c/changes")).GetArrayLength());
        server.Files.Changes.AddRange([new(Engine.Files.FileChangeKind.Modified, "/etc"), new(Engine.Files.FileChangeKind.Deleted, "/etc/\"x\"")]);
        JsonElement changes = await server.GetJsonAsync("/containers/c/changes");
        Assert.Equal(
            [("/etc", 0), ("/etc/\"x\"", 2)], changes.EnumerateArray().Select(c => (c.GetProperty("Path").GetString()!, c.GetProperty("Kind").GetInt32())));
    }

    [Fact]
    public async Task A_commit_carries_every_field_over()
    {
        await using ApiTestServer server = await StartAsync();
        await server.SendAsync(
            "POST", "/commit?container=c&repo=docker.io%2Flibrary%2Fnew&tag=1&author=me&comment=why&pause=0&changes=CMD%20a%0AENV%20b%3D1&changes=USER%20c");
        Assert.Equal("new:1", server.Files.Committed!.Name!.Familiar);
        Assert.Equal(("me", "why", false), (server.Files.Committed.Author, server.Files.Committed.Comment, server.Files.Committed.Pause));
        Assert.Equal(["CMD a", "ENV b=1", "USER c"], server.Files.Committed.Changes);
        Assert.Equal(404, (await server.SendAsync("POST", "/commit?container=none")).Status);
    }

    [Fact]
    public async Task A_commits_body_is_a_configuration()
    {
        await using ApiTestServer server = await StartAsync();
        await server.SendAsync(
            "POST",
            "/commit?container=c",
            """{"Cmd":"one","Entrypoint":["e"],"Env":["A=1",null],"User":"u","WorkingDir":"/w","Labels":{"l":null},"ExposedPorts":{"80/tcp":{}},"Volumes":{"/v":{}},"OnBuild":["RUN x"],"StopSignal":"","Shell":["/bin/bash","-c"],"Healthcheck":{"Test":["NONE"]}}""");
        Engine.Files.CommitOverrides given = server.Files.Committed!.Overrides!;
        Assert.Equal("one|e|A=1|", string.Join('|', [.. given.Spec.Command!, .. given.Spec.Entrypoint!, .. given.Spec.Environment]));
        Assert.Equal(("u", "/w", null), (given.Spec.User, given.Spec.WorkingDirectory, given.Spec.StopSignal));
        Assert.Equal("/v|RUN x|/bin/bash|-c", string.Join('|', [.. given.Volumes, .. given.OnBuild, .. given.Shell!]));
        Assert.Equal(["80/tcp"], given.Spec.ExposedPorts);
        Assert.Equal(["NONE"], given.Spec.Health!.Test);
        await server.SendAsync("POST", "/commit?container=c", "null");
        Assert.Null(server.Files.Committed!.Overrides);
        Assert.Equal(400, (await server.SendAsync("POST", "/commit?container=c", "[1]")).Status);
    }

    private static async Task<ApiTestServer> StartAsync()
    {
        ApiTestServer server = await ApiTestServer.StartAsync();
        await server.CreateAsync("""{"Image":"busybox"}""", "?name=c");
        server.Files.Contents["/etc/file"] = "content"u8.ToArray();
        return server;
    }
}
