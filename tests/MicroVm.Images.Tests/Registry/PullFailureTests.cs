using System.Text;
using MicroVm.Images.Registry;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>Registries that fail, lie, or stall: one line in Docker's words, and nothing left behind.</summary>
public class PullFailureTests
{
    [Fact]
    public async Task NobodyListens()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        string host = registry.Host;
        await registry.DisposeAsync();
        await ExpectAsync(
            $"{host}/app", ImageErrorKind.Unavailable, $"Get \"http://{host}/v2/\": dial tcp {host}: connect: connection refused");
    }

    [Fact]
    public async Task UnknownTag()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        await ExpectAsync(
            $"{registry.Host}/app:2", ImageErrorKind.NotFound,
            $"manifest for {registry.Host}/app:2 not found: manifest unknown: manifest unknown");
    }

    [Theory]
    [InlineData(403, "DENIED", "requested access to the resource is denied", ImageErrorKind.Denied,
        "pull access denied for HOST/app, repository does not exist or may require 'docker login': denied: requested access to the resource is denied")]
    [InlineData(404, "NAME_UNKNOWN", "repository name not known to registry", ImageErrorKind.NotFound,
        "repository HOST/app not found: name unknown: repository name not known to registry")]
    [InlineData(401, "UNAUTHORIZED", "authentication required", ImageErrorKind.Denied, "unauthorized: authentication required")]
    [InlineData(400, "NAME_INVALID", "bad\nname\u001b[31m", ImageErrorKind.Unavailable, "name invalid: bad name [31m")]
    [InlineData(500, "UNKNOWN", "disk on fire", ImageErrorKind.Unavailable, "unknown: disk on fire: the registry could not serve the request, try again later")]
    public async Task RefusalOfTheRegistry(int status, string code, string text, ImageErrorKind kind, string message)
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = async context =>
        {
            await StubRegistry.ErrorAsync(context, status, code, text);
            return true;
        };
        await ExpectAsync($"{registry.Host}/app:1", kind, message.Replace("HOST", registry.Host, StringComparison.Ordinal));
    }

    [Fact]
    public async Task BusyRegistryIsAskedAgain()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create());
        int count = 0;
        registry.Intercept = async context =>
        {
            // Every other request is turned away, in turns for load and for being down.
            int turn = Interlocked.Increment(ref count);
            if (turn % 2 == 0)
            {
                return false;
            }

            context.Response.Headers.RetryAfter = "0";
            await StubRegistry.ErrorAsync(context, turn % 4 == 1 ? 429 : 503, "TOOMANYREQUESTS", "slow down");
            return true;
        };
        using var store = new TestStore(TestStore.Quick with { MaxConcurrentDownloads = 1 });
        Assert.NotEmpty((await store.PullAsync($"{registry.Host}/app:1")).RepoTags);
    }

    [Fact]
    public async Task ManifestOfAnotherDigest()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        Digest other = TestImage.DigestOf([1]);
        registry.Contents[$"app/manifests/{other}"] = (TestImage.OciManifest, image.Manifest);
        await ExpectAsync($"{registry.Host}/app@{other}", ImageErrorKind.Corrupt, $"manifest verification failed for digest {other}");
    }

    [Fact]
    public async Task ManifestWithoutEnd()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = async context =>
        {
            byte[] chunk = new byte[64 << 10];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(chunk, context.RequestAborted);
            }

            return true;
        };
        await ExpectAsync($"{registry.Host}/app", ImageErrorKind.Invalid, "the registry's answer is longer than 4194304 bytes");
    }

    [Theory]
    [InlineData("""{"schemaVersion":1,"fsLayers":[],"signatures":[]}""", "image manifest version 2, schema 1")]
    [InlineData("""{"schemaVersion":2,"manifests":[],"layers":[]}""", "invalid image manifest: neither an image manifest nor an index")]
    [InlineData("""{"schemaVersion":2}""", "invalid image manifest: neither an image manifest nor an index")]
    [InlineData("<html>", "invalid image manifest: ")]
    [InlineData("", "invalid image manifest: ")]
    [InlineData("[]", "invalid image manifest: expected an object")]
    [InlineData(
        """{"schemaVersion":2,"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":1},"layers":[]}""",
        "Encountered remote \"application/vnd.cncf.helm.config.v1+json\"(unknown) when fetching")]
    [InlineData(
        """{"schemaVersion":2,"config":{"mediaType":"","digest":"sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":-1},"layers":[]}""",
        "invalid image manifest: negative size")]
    [InlineData("""{"schemaVersion":2,"config":{"digest":"md5:x","size":1},"layers":[]}""", "invalid image manifest: a descriptor's digest is not sha256")]
    public async Task NotAnImage(string manifest, string message)
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.AddManifest("app", "1", Encoding.UTF8.GetBytes(manifest));
        await ExpectAsync($"{registry.Host}/app:1", ImageErrorKind.Invalid, message, exact: false);
    }

    [Fact]
    public async Task LayerWithOtherBytes()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1);
        registry.Add("app", "1", image);
        byte[] forged = TestLayer.Compressed(image.Layers[0].Tar);
        forged[9] ^= 1;
        registry.Contents[$"app/blobs/{image.Layers[0].BlobDigest}"] = ("", forged);
        await ExpectAsync(
            $"{registry.Host}/app:1", ImageErrorKind.Corrupt, $"filesystem layer verification failed for digest {image.Layers[0].BlobDigest}");
    }

    [Fact]
    public async Task LayerOfAnotherSize()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1);
        registry.Add("app", "1", image);
        registry.Contents[$"app/blobs/{image.Layers[0].BlobDigest}"] = ("", [.. image.Layers[0].Blob, 0]);
        await ExpectAsync($"{registry.Host}/app:1", ImageErrorKind.Corrupt, "has another size than its manifest says", exact: false);
    }

    [Fact]
    public async Task LayerOfAnotherDiffId()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var honest = TestImage.Create(layers: 1);
        byte[] config = TestImage.ConfigOf([TestImage.DigestOf([7])]);
        var image = new TestImage { Config = config, Layers = honest.Layers, Manifest = TestImage.ManifestOf(config, honest.Layers) };
        registry.Add("app", "1", image);
        await ExpectAsync($"{registry.Host}/app:1", ImageErrorKind.Corrupt, "", exact: false);
    }

    [Fact]
    public async Task FewerLayersThanTheConfigurationNames()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var honest = TestImage.Create(layers: 2);
        var image = new TestImage
        {
            Config = honest.Config,
            Layers = [],
            Manifest = TestImage.ManifestOf(honest.Config, honest.Layers.Take(1)),
        };
        registry.Add("app", "1", image);
        await ExpectAsync(
            $"{registry.Host}/app:1", ImageErrorKind.Invalid, "invalid image manifest: 1 layers, but the configuration names 2");
    }

    [Fact]
    public async Task ConfigurationWithOtherBytes()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        registry.Contents[$"app/blobs/{image.Id}"] = ("", "{}"u8.ToArray());
        await ExpectAsync($"{registry.Host}/app:1", ImageErrorKind.Corrupt, $"image config verification failed for digest {image.Id}");
    }

    [Fact]
    public async Task DecompressionBomb()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create([TestLayer.Gzip(TestImage.TarOf("zeros", new byte[4 << 20]))]);
        registry.Add("app", "1", image);
        await ExpectAsync(
            $"{registry.Host}/app:1", ImageErrorKind.Invalid, "the uncompressed data is larger than the limit of 1048576 bytes",
            TestStore.Quick with { MaxLayerSize = 1 << 20 });
    }

    [Fact]
    public async Task HeadThatNeverComes()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = async context =>
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        };
        await ExpectAsync(
            $"{registry.Host}/app", ImageErrorKind.Unavailable, "Client.Timeout exceeded while awaiting headers",
            TestStore.Quick with { StallTimeout = TimeSpan.FromMilliseconds(50), MaxDownloadAttempts = 2 }, exact: false);
    }

    [Fact]
    public async Task BodyThatDrips()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1);
        registry.Add("app", "1", image);
        byte[] blob = image.Layers[0].Blob;
        registry.Intercept = async context =>
        {
            if (!context.Request.Path.Value!.Contains(image.Layers[0].BlobDigest.Hex, StringComparison.Ordinal))
            {
                return false;
            }

            context.Response.ContentLength = blob.Length;
            for (int i = 0; i < blob.Length && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(blob.AsMemory(i, 1));
                await context.Response.Body.FlushAsync();
                await Task.Delay(5);
            }

            return true;
        };
        await ExpectAsync(
            $"{registry.Host}/app:1", ImageErrorKind.Unavailable, "Client.Timeout exceeded",
            TestStore.Quick with { StallTimeout = TimeSpan.FromMilliseconds(200), MaxDownloadAttempts = 2 }, exact: false);
    }

    [Fact]
    public async Task RedirectsInACircle()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = context =>
        {
            context.Response.Redirect(context.Request.Path);
            return Task.FromResult(true);
        };
        await ExpectAsync($"{registry.Host}/app", ImageErrorKind.Denied, "stopped after 5 redirects", exact: false);
    }

    [Fact]
    public async Task RedirectToPlainHttpElsewhere()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Intercept = context =>
        {
            context.Response.Redirect("http://192.0.2.1/latest/meta-data");
            return Task.FromResult(true);
        };
        await ExpectAsync(
            $"{registry.Host}/app", ImageErrorKind.Denied,
            $"registry {registry.Host} redirects to an address that is not trusted: 'http://192.0.2.1/latest/meta-data'");
    }

    private static async Task ExpectAsync(
        string reference, ImageErrorKind kind, string message, RegistryOptions? options = null, bool exact = true)
    {
        using var store = new TestStore(options);
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => store.PullAsync(reference));
        if (exact)
        {
            Assert.Equal(message, error.Message);
        }
        else
        {
            Assert.Contains(message, error.Message, StringComparison.Ordinal);
        }

        Assert.Equal(kind, error.Kind);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(store.Images.List());
        Assert.Empty(store.Layers.List());
        Assert.Empty(store.Partials);
    }
}
