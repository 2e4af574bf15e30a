using MicroVm.Images.Store;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

public class PullTests
{
    [Fact]
    public async Task PullsAnImageOverPlainHttpOnLoopback()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("team/app", "1", image);
        using var store = new TestStore();

        StoredImage stored = await store.PullAsync($"{registry.Host}/team/app:1");

        Assert.Equal(image.Id, stored.Id);
        Assert.Equal([$"{registry.Host}/team/app:1"], stored.RepoTags);
        Assert.Equal([$"{registry.Host}/team/app@{image.ManifestDigest}"], stored.RepoDigests);
        Assert.Equal(image.Layers.Select(layer => layer.DiffId), stored.DiffIds);
        Assert.All(image.Layers, layer => Assert.True(store.Layers.Contains(layer.DiffId)));
        Assert.Equal(image.Config, store.Images.ReadConfig(stored.Id));
        Assert.Equal(["A=1"], stored.Config.Env);
        Assert.Empty(store.Partials);
    }

    [Fact]
    public async Task ReportsDockersLines()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 1);
        registry.Add("app", "1", image);
        using var store = new TestStore();
        string name = $"{registry.Host}/app:1";

        await store.PullAsync(name);

        string layer = image.Layers[0].BlobDigest.Hex[..12];
        Assert.Equal(new TransferProgress("1", "Pulling from app"), store.Progress.First());
        Assert.Equal(
            ["Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"],
            store.Progress.Where(line => line.Id == layer && line.Total == 0).Select(line => line.Status));
        Assert.Equal(
            [$"Digest: {image.ManifestDigest}", $"Status: Downloaded newer image for {name}"],
            store.Progress.Where(line => line.Id is null).Select(line => line.Status));
    }

    [Fact]
    public async Task SecondPullFetchesNoLayer()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        using var store = new TestStore();
        string name = $"{registry.Host}/app:1";
        await store.PullAsync(name);
        registry.Requests.Clear();
        store.Progress.Clear();

        await store.PullAsync(name);

        Assert.Equal(0, registry.CountOf(image.Layers[0].BlobDigest.Hex));
        Assert.Contains("Already exists", store.Statuses);
        Assert.Equal($"Status: Image is up to date for {name}", store.Statuses.Last());
    }

    [Fact]
    public async Task MovedTagLeavesTheOldImageWithoutThatName()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var first = TestImage.Create(seed: 1);
        var second = TestImage.Create(seed: 2);
        registry.Add("app", "1", first);
        using var store = new TestStore();
        string name = $"{registry.Host}/app:1";
        await store.PullAsync(name);
        registry.Add("app", "1", second);

        StoredImage stored = await store.PullAsync(name);

        Assert.Equal(second.Id, stored.Id);
        StoredImage old = Assert.IsType<StoredImage>(store.Images.Find(first.Id.ToString()));
        Assert.Empty(old.RepoTags);
        Assert.Equal([$"{registry.Host}/app@{first.ManifestDigest}"], old.RepoDigests);
    }

    [Fact]
    public async Task PullByDigestGivesNoTag()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        using var store = new TestStore();

        StoredImage stored = await store.PullAsync($"{registry.Host}/app@{image.ManifestDigest}");

        Assert.Empty(stored.RepoTags);
        Assert.Equal(image.Id, store.Images.Find($"{registry.Host}/app@{image.ManifestDigest}")?.Id);
    }

    [Fact]
    public async Task SameLayerTwiceIsFetchedOnce()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var layer = TestLayer.Gzip(TestImage.TarOf("a", [1, 2, 3]));
        var image = TestImage.Create([layer, layer]);
        registry.Add("app", "1", image);
        using var store = new TestStore();

        StoredImage stored = await store.PullAsync($"{registry.Host}/app:1");

        Assert.Equal([layer.DiffId, layer.DiffId], stored.DiffIds);
        Assert.Equal(1, registry.CountOf(layer.BlobDigest.Hex));
    }

    [Fact]
    public async Task ImageWithoutLayersIsAnImage()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        registry.Add("app", "1", TestImage.Create([]));
        using var store = new TestStore();

        StoredImage stored = await store.PullAsync($"{registry.Host}/app:1");

        Assert.Empty(stored.DiffIds);
        Assert.Equal(0, stored.Size);
    }

    [Fact]
    public async Task ConcurrentPullsShareEachLayer()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create(layers: 4);
        registry.Add("app", "1", image);
        var gate = new TaskCompletionSource();
        int waiting = 0;
        registry.Intercept = async context =>
        {
            // Layers are held back until all four pulls have their manifests.
            bool isLayer = image.Layers.Any(layer => context.Request.Path.Value!.Contains(layer.BlobDigest.Hex, StringComparison.Ordinal));
            if (!isLayer && context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal) && Interlocked.Increment(ref waiting) == 4)
            {
                gate.SetResult();
            }

            await (isLayer ? gate.Task : Task.CompletedTask);
            return false;
        };
        using var store = new TestStore();

        StoredImage[] stored = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => store.PullAsync($"{registry.Host}/app:1")));

        Assert.All(stored, one => Assert.Equal(image.Id, one.Id));
        Assert.All(image.Layers, layer => Assert.Equal(1, registry.CountOf(layer.BlobDigest.Hex)));
    }

    [Fact]
    public async Task TriesMirrorsBeforeTheRegistry()
    {
        await using StubRegistry mirror = await StubRegistry.StartAsync();
        await using StubRegistry broken = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        mirror.Add("library/app", "latest", image);
        broken.Intercept = async context =>
        {
            await StubRegistry.ErrorAsync(context, 404, "NAME_UNKNOWN", "no");
            return true;
        };
        using var store = new TestStore(TestStore.Quick with
        {
            Mirrors = new Dictionary<string, IReadOnlyList<string>> { ["docker.io"] = [$"http://{broken.Host}", mirror.Host] },
        });

        StoredImage stored = await store.PullAsync("app", new(Credentials: new("user", "secret", null)));

        Assert.Equal(image.Id, stored.Id);
        Assert.Equal(["app:latest"], stored.RepoTags);
        Assert.NotEmpty(broken.Requests);
    }
}
