using Microsoft.AspNetCore.Http;
using MicroVm.Images.References;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Layers;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>Pushes to the reference implementation of a registry, and to one that misbehaves.</summary>
public sealed class PushTests(DockerRegistry registry) : IClassFixture<DockerRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestStore _store = new();

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task WhatIsPushedIsPulledAsItWas()
    {
        var image = TestImage.Create([.. NastyImage.Layers.Select(TestLayer.Plain)]);
        string name = $"{registry.Host}/push/whole:1";
        await LoadAsync(image, name);

        PushedImage pushed = await PushAsync(name);

        using var other = new TestStore();
        StoredImage pulled = await other.PullAsync(name);
        Assert.Equal(image.Id, pulled.Id);
        Assert.Equal([$"{registry.Host}/push/whole@{pushed.Digest}"], pulled.RepoDigests);
        Assert.Equal(_store.Images.Find(name)!.RepoDigests, pulled.RepoDigests);
        Assert.Equal($"The push refers to repository [{registry.Host}/push/whole]", _store.Statuses.First());
        Assert.Equal($"1: digest: {pushed.Digest} size: {pushed.Size}", _store.Statuses.Last());
        Assert.Equal(3, _store.Statuses.Count(status => status == "Pushed"));
        await DockerRegistry.SkopeoAsync("copy", "-q", "--src-tls-verify=false", $"docker://{name}", $"oci:{_directory["layout"]}:app");
    }

    [Fact]
    public async Task WhatIsThereIsNotSentAgain()
    {
        string name = $"{registry.Host}/push/again:1";
        await LoadAsync(TestImage.Create(11), name);
        PushedImage first = await PushAsync(name);
        _store.Progress.Clear();

        Assert.Equal(first, await PushAsync(name));

        Assert.Equal(2, _store.Statuses.Count(status => status == "Layer already exists"));
        Assert.DoesNotContain("Pushed", _store.Statuses);
    }

    [Fact]
    public async Task ALayerOfAnotherRepositoryIsTakenOver()
    {
        string first = $"{registry.Host}/push/first:1";
        string second = $"{registry.Host}/push/second:1";
        await LoadAsync(TestImage.Create(12), first, second);
        await PushAsync(first);
        _store.Progress.Clear();

        await PushAsync(second);

        Assert.Equal(2, _store.Statuses.Count(status => status == "Mounted from push/first"));
        using var other = new TestStore();
        Assert.Equal(_store.Images.Find(first)!.Id, (await other.PullAsync(second)).Id);
    }

    /// <summary>Compressed otherwise than we would: what is there goes by reference, as it is.</summary>
    [Fact]
    public async Task APulledImageIsPushedWithTheLayersThatItCameWith()
    {
        await using StubRegistry stub = await StubRegistry.StartAsync();
        stub.Intercept = context => UploadAsync(stub, context);
        var image = TestImage.Create(13);
        stub.Add("app", "1", image);
        StoredImage pulled = await _store.PullAsync($"{stub.Host}/app:1");
        await _store.Images.TagAsync(pulled.Id.ToString(), ImageReference.Parse($"{stub.Host}/copy:2"), CancellationToken.None);
        stub.AddBlob("copy", image.Layers[0].Blob);

        await PushAsync($"{stub.Host}/copy:2");

        string manifest = System.Text.Encoding.UTF8.GetString(stub.Contents["copy/manifests/2"].Content);
        Assert.Contains(image.Layers[0].BlobDigest.ToString(), manifest, StringComparison.Ordinal);
        Assert.DoesNotContain(image.Layers[1].BlobDigest.ToString(), manifest, StringComparison.Ordinal);
        using var other = new TestStore();
        Assert.Equal(pulled.Id, (await other.PullAsync($"{stub.Host}/copy:2")).Id);
    }

    [Fact]
    public async Task ANameThatIsNotThereIsSaid()
    {
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PushAsync($"{registry.Host}/none:1"));
        Assert.Equal($"An image does not exist locally with the tag: {registry.Host}/none", error.Message);
    }

    [Fact]
    public async Task AConnectionThatBreaksIsTriedAgain()
    {
        await using StubRegistry stub = await StubRegistry.StartAsync();
        int broken = 0;
        stub.Intercept = async context =>
        {
            if (context.Request.Method == "PATCH" && Interlocked.Increment(ref broken) == 1)
            {
                await context.Request.Body.ReadExactlyAsync(new byte[1000]);
                context.Abort();
                return true;
            }

            return await UploadAsync(stub, context);
        };
        string name = $"{stub.Host}/app:1";
        var image = TestImage.Create(layers: 1, layerSize: 3_000_000);
        await LoadAsync(image, name);

        await PushAsync(name);

        Assert.Contains("Retrying", _store.Statuses);
        using var other = new TestStore();
        Assert.Equal(image.Id, (await other.PullAsync(name)).Id);
    }

    [Fact]
    public async Task ATokenForPushingIsAskedFor()
    {
        await using StubRegistry stub = await StubRegistry.StartAsync();
        stub.Intercept = async context =>
        {
            if (context.Request.Path == "/token")
            {
                await context.Response.WriteAsync("""{"token":"good"}""");
                return true;
            }

            if (context.Request.Headers.Authorization == "Bearer good")
            {
                return await UploadAsync(stub, context);
            }

            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{stub.Host}/token\",service=\"stub\"";
            await StubRegistry.ErrorAsync(context, 401, "UNAUTHORIZED", "authentication required");
            return true;
        };
        string name = $"{stub.Host}/team/app:1";
        await LoadAsync(TestImage.Create(), name);

        await PushAsync(name);

        Assert.All(
            stub.Requests.Where(line => line.StartsWith("GET /token", StringComparison.Ordinal)),
            line => Assert.Equal("GET /token?service=stub&scope=repository%3Ateam%2Fapp%3Apull%2Cpush", line));
    }

    [Theory]
    [InlineData("http://192.0.2.1/upload")]
    [InlineData("ftp://example.com/upload")]
    [InlineData("https://user:pass@example.com/upload")]
    public async Task AnUploadDoesNotGoWhereNobodyIsTrusted(string location)
    {
        await using StubRegistry stub = await StubRegistry.StartAsync();
        stub.Intercept = context =>
        {
            context.Response.StatusCode = context.Request.Method == "HEAD" ? 404 : 202;
            context.Response.Headers.Location = location;
            return Task.FromResult(true);
        };
        await LoadAsync(TestImage.Create(), $"{stub.Host}/app:1");
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PushAsync($"{stub.Host}/app:1"));
        Assert.Contains("not trusted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARefusalIsInDockersWords()
    {
        await using StubRegistry stub = await StubRegistry.StartAsync();
        stub.Intercept = async context =>
        {
            await StubRegistry.ErrorAsync(context, 403, "DENIED", "requested access to the resource is denied");
            return true;
        };
        await LoadAsync(TestImage.Create(), $"{stub.Host}/app:1");
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PushAsync($"{stub.Host}/app:1"));
        Assert.Equal((ImageErrorKind.Denied, "denied: requested access to the resource is denied"), (error.Kind, error.Message));
    }

    /// <summary>Takes uploads into the stub's contents, by relative addresses.</summary>
    private static async Task<bool> UploadAsync(StubRegistry stub, HttpContext context)
    {
        string path = context.Request.Path.Value!;
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        switch (context.Request.Method)
        {
            case "POST":
                context.Response.StatusCode = 202;
                context.Response.Headers.Location = $"{path}{Guid.NewGuid():N}?state=1";
                return true;
            case "PATCH":
                stub.Contents[path] = ("", body.ToArray());
                context.Response.StatusCode = 202;
                context.Response.Headers.Location = path + "?state=2";
                return true;
            case "PUT" when path.Contains("/manifests/", StringComparison.Ordinal):
                stub.Contents[path["/v2/".Length..]] = (context.Request.ContentType!, body.ToArray());
                context.Response.StatusCode = 201;
                return true;
            case "PUT":
                byte[] blob = [.. stub.Contents.TryRemove(path, out (string _, byte[] Content) sent) ? sent.Content : [], .. body.ToArray()];
                Assert.Equal(TestImage.DigestOf(blob).ToString(), context.Request.Query["digest"]);
                stub.AddBlob(path["/v2/".Length..path.IndexOf("/blobs/", StringComparison.Ordinal)], blob);
                context.Response.StatusCode = 201;
                return true;
            default:
                return false;
        }
    }

    private Task<IReadOnlyList<LoadedImage>> LoadAsync(TestImage image, params string[] names) =>
        _store.Images.LoadAsync(new MemoryStream(TestArchive.Docker(image, names)), _store, CancellationToken.None);

    private async Task<PushedImage> PushAsync(string name)
    {
        _store.Progress.Clear();
        return await _store.Images.PushAsync(ImageReference.Parse(name), null, _store, CancellationToken.None);
    }
}
