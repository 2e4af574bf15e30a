using MicroVm.Images.References;
using MicroVm.Images.RootDisks;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Store;

public sealed class RemoveTests : IDisposable
{
    private static readonly ImageUser s_stopped = new("0123456789abcdef", IsRunning: false);
    private static readonly ImageUser s_running = new("fedcba9876543210", IsRunning: true);

    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task LastNameTakesTheImageAndItsLayers()
    {
        TestImage image = await LoadAsync("app:1");
        IReadOnlyList<RemovedImage> removed = Remove("app:1");
        Digest[] diffIds = [.. image.Layers.Select(layer => layer.DiffId)];
        Assert.Equal(
            [
                new("app:1", null),
                new(null, image.Id.ToString()),
                new(null, ChainId.Of(diffIds).ToString()),
                new(null, ChainId.Of(diffIds[..1]).ToString()),
            ],
            removed);
        Assert.Empty(_store.Images.List());
        Assert.Empty(_store.Layers.List());
        _store.Reopen();
        Assert.Empty(_store.Images.List());
    }

    [Fact]
    public async Task OtherNamesKeepTheImage()
    {
        await LoadAsync("app:1", "app:2");
        Assert.Equal([new RemovedImage("app:1", null)], Remove("app:1"));
        Assert.Equal(["app:2"], Assert.Single(_store.Images.List()).RepoTags);
    }

    [Fact]
    public async Task SharedLayersStay()
    {
        var low = TestLayer.Plain(TestImage.TarOf("low", [1]));
        var high = TestLayer.Plain(TestImage.TarOf("high", [2]));
        await LoadAsync(TestImage.Create([low]), "base:1");
        await LoadAsync(TestImage.Create([low, high]), "app:1");
        IReadOnlyList<RemovedImage> removed = Remove("app:1");
        Assert.Equal(3, removed.Count);
        Assert.Equal([low.DiffId], _store.Layers.List());
    }

    [Fact]
    public async Task DigestGoesWithTheLastTagOfItsRepository()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        await _store.PullAsync($"{registry.Host}/app:1");
        IReadOnlyList<RemovedImage> removed = Remove($"{registry.Host}/app:1");
        Assert.Equal(
            [$"{registry.Host}/app:1", $"{registry.Host}/app@{image.ManifestDigest}"],
            removed.Select(one => one.Untagged).OfType<string>());
        Assert.Empty(_store.Images.List());
    }

    [Fact]
    public async Task IdOfAnImageInSeveralRepositoriesMustBeForced()
    {
        TestImage image = await LoadAsync("app:1", "other:1");
        string id = image.Id.Hex[..12];
        ExpectConflict($"conflict: unable to delete {id} (must be forced) - image is referenced in multiple repositories", id);
        Assert.Equal(5, Remove(id, force: true).Count);
    }

    [Fact]
    public async Task IdOfAnImageWithOneName()
    {
        TestImage image = await LoadAsync("app:1");
        Assert.Equal("app:1", Remove(image.Id.ToString())[0].Untagged);
        Assert.Empty(_store.Images.List());
    }

    [Fact]
    public async Task NameOfAnImageInUseMustBeForcedAndTheImageStays()
    {
        TestImage image = await LoadAsync("app:1");
        ExpectConflict(
            $"conflict: unable to remove repository reference \"app:1\" (must force) - container 0123456789ab is using its referenced image {image.Id.Hex[..12]}",
            "app:1", s_stopped);
        Assert.Equal([new RemovedImage("app:1", null)], Remove("app:1", force: true, s_stopped));
        Assert.Equal(2, _store.Layers.List().Count);
        Assert.NotNull(_store.Images.Find(image.Id.Hex));
    }

    [Fact]
    public async Task OneOfSeveralNamesOfAnImageInUseMayGo()
    {
        await LoadAsync("app:1", "app:2");
        Assert.Equal([new RemovedImage("app:1", null)], Remove("app:1", force: false, s_running));
    }

    [Fact]
    public async Task IdOfAnImageOfARunningContainerCannotBeForced()
    {
        TestImage image = await LoadAsync("app:1");
        string id = image.Id.Hex[..12];
        string message = $"conflict: unable to delete {id} (cannot be forced) - image is being used by running container fedcba987654";
        ExpectConflict(message, id, s_running);
        ImageException error = Assert.Throws<ImageException>(() => Remove(id, force: true, s_running));
        Assert.Equal(message, error.Message);
        Assert.Equal(["app:1"], _store.Images.Find(id)!.RepoTags);
    }

    [Fact]
    public async Task IdOfAnImageOfAStoppedContainerMustBeForced()
    {
        TestImage image = await LoadAsync("app:1");
        string id = image.Id.Hex[..12];
        ExpectConflict(
            $"conflict: unable to delete {id} (must be forced) - image is being used by stopped container 0123456789ab", id, s_stopped);
    }

    [Theory]
    [InlineData("nothing", "No such image: nothing:latest")]
    [InlineData("nothing:2", "No such image: nothing:2")]
    [InlineData("Bad Name", "No such image: Bad Name")]
    public void UnknownImage(string name, string message)
    {
        ImageException error = Assert.Throws<ImageException>(() => Remove(name));
        Assert.Equal(message, error.Message);
        Assert.Equal(ImageErrorKind.NotFound, error.Kind);
    }

    [Fact]
    public async Task LayersOfARunningPullStay()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var shared = TestLayer.Gzip(TestImage.TarOf("shared", [1]));
        var pulled = TestImage.Create([shared, TestLayer.Gzip(TestImage.TarOf("own", [2]))]);
        registry.Add("app", "1", pulled);
        await LoadAsync(TestImage.Create([TestLayer.Plain(shared.Tar)]), "base:1");
        registry.Intercept = context =>
        {
            // The pull has found the shared layer by now.
            if (context.Request.Path.Value!.Contains(pulled.Layers[1].BlobDigest.Hex, StringComparison.Ordinal))
            {
                Remove("base:1");
            }

            return Task.FromResult(false);
        };

        await _store.PullAsync($"{registry.Host}/app:1");

        Assert.Single(_store.Images.List());
        Assert.All(pulled.Layers, layer => Assert.True(_store.Layers.Contains(layer.DiffId)));
    }

    private void ExpectConflict(string message, string name, params ImageUser[] users)
    {
        ImageException error = Assert.Throws<ImageException>(() => Remove(name, force: false, users));
        Assert.Equal(message, error.Message);
        Assert.Equal(ImageErrorKind.Conflict, error.Kind);
    }

    private IReadOnlyList<RemovedImage> Remove(string name, bool force = false, params ImageUser[] users) =>
        _store.Images.Remove(name, force, _ => users);

    private Task<TestImage> LoadAsync(params string[] tags) => LoadAsync(TestImage.Create(), tags);

    private async Task<TestImage> LoadAsync(TestImage image, params string[] tags)
    {
        await _store.Images.LoadAsync(new OneWayStream(TestArchive.Docker(image, tags)), _store, CancellationToken.None);
        Assert.All(tags, tag => Assert.NotNull(_store.Images.Find(ImageReference.Parse(tag).ToString())));
        return image;
    }
}
