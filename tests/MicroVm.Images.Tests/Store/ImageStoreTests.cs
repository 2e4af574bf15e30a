using System.Text;
using MicroVm.Images.References;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Store;

public sealed class ImageStoreTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task FindsByEveryForm()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("team/app", "1", image);
        string name = $"{registry.Host}/team/app";
        await _store.PullAsync($"{name}:1");
        await TagAsync($"{name}:1", "python");

        string hex = image.Id.Hex;
        string[] forms =
        [
            $"{name}:1", $"{name}@{image.ManifestDigest}", $"{name}:1@{image.ManifestDigest}", $"{name}:ignored@{image.ManifestDigest}",
            "python", "python:latest", "library/python", "docker.io/library/python:latest", "index.docker.io/python",
            hex, $"sha256:{hex}", hex[..12], hex[..4], $"sha256:{hex[..8]}",
        ];
        Assert.All(forms, form => Assert.Equal(image.Id, _store.Images.Find(form)?.Id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nothing")]
    [InlineData("python:2")]
    [InlineData("Python")]
    [InlineData("sha256:")]
    [InlineData("../../configs")]
    [InlineData("g")]
    public async Task FindsNothing(string name)
    {
        await LoadAsync(TestImage.Create(), "python:3");
        Assert.Null(_store.Images.Find(name));
    }

    [Fact]
    public async Task NameGoesBeforeIdPrefix()
    {
        var first = TestImage.Create(seed: 1);
        var second = TestImage.Create(seed: 2);
        await LoadAsync(first, "app:1");
        await LoadAsync(second, $"{first.Id.Hex[..6]}:latest");
        Assert.Equal(second.Id, _store.Images.Find(first.Id.Hex[..6])?.Id);
    }

    [Fact]
    public async Task AmbiguousPrefixFindsNothing()
    {
        // Among 40 ids two begin with the same digit.
        for (int seed = 0; seed < 40; seed++)
        {
            await LoadAsync(TestImage.Create([TestLayer.Plain(TestImage.TarOf("a", [(byte)seed]))]));
        }

        string shared = _store.Images.List().GroupBy(image => image.Id.Hex[..1]).First(group => group.Count() > 1).Key;
        Assert.Null(_store.Images.Find(shared));
    }

    [Fact]
    public async Task EverythingIsThereAfterAReopen()
    {
        var image = TestImage.Create();
        await LoadAsync(image, "app:1", "app:2");
        StoredImage before = _store.Images.Find("app:1")!;

        _store.Reopen();

        StoredImage after = _store.Images.Find("app:2")!;
        Assert.Equal(before.Id, after.Id);
        Assert.Equal(["app:1", "app:2"], after.RepoTags);
        Assert.Equal(before.Size, after.Size);
        Assert.Equal(200_000, after.Size);
        Assert.Equal(before.DiffIds, after.DiffIds);
        Assert.Equal(before.Config.Env, after.Config.Env);
    }

    [Fact]
    public async Task TagMovesFromOneImageToAnother()
    {
        await LoadAsync(TestImage.Create(seed: 1), "app:1");
        var second = TestImage.Create(seed: 2);
        await LoadAsync(second, "app:2");
        await TagAsync("app:2", "app:1");
        Assert.Equal(["app:1", "app:2"], _store.Images.Find(second.Id.Hex)!.RepoTags);
        Assert.Contains(_store.Images.List(), image => image.RepoTags.Count == 0);
    }

    [Fact]
    public async Task TagOfNothingIsRefused()
    {
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => TagAsync("nothing", "app"));
        Assert.Equal("No such image: nothing:latest", error.Message);
        Assert.Equal(ImageErrorKind.NotFound, error.Kind);
    }

    [Fact]
    public async Task DamagedConfigurationLeavesTheImageOut()
    {
        var image = TestImage.Create();
        await LoadAsync(image, "app:1");
        File.WriteAllText(Path.Combine(_store.Root, "configs", image.Id.Hex + ".json"), "{}");

        _store.Reopen();
        Assert.Null(_store.Images.Find("app:1"));

        await LoadAsync(image, "app:1");
        _store.Reopen();
        Assert.Equal(image.Id, _store.Images.Find("app:1")?.Id);
    }

    [Fact]
    public async Task MissingLayerLeavesTheImageOut()
    {
        var image = TestImage.Create();
        await LoadAsync(image, "app:1");
        _store.Layers.Remove(image.Layers[1].DiffId);
        _store.Reopen();
        Assert.Empty(_store.Images.List());
    }

    [Fact]
    public async Task DamagedNamesAreAnErrorAndLoseNothing()
    {
        await LoadAsync(TestImage.Create(), "app:1");
        string names = Path.Combine(_store.Root, "names.json");
        string good = File.ReadAllText(names);
        File.WriteAllText(names, good[..^20]);
        ImageException error = Assert.Throws<ImageException>(_store.Reopen);
        Assert.Equal(ImageErrorKind.Corrupt, error.Kind);
        Assert.Contains(names, error.Message, StringComparison.Ordinal);

        File.WriteAllText(names, good);
        _store.Reopen();
        Assert.NotNull(_store.Images.Find("app:1"));
    }

    [Fact]
    public async Task LeftoversOfACrashGo()
    {
        await LoadAsync(TestImage.Create(), "app:1");
        string[] leftovers =
        [
            Path.Combine(_store.Root, "configs", "x.json.1.tmp"),
            Path.Combine(_store.Root, "partial", new string('a', 64)),
            Path.Combine(_store.Root, "leases", "broken.json"),
            Path.Combine(_store.Root, "manifests", new string('b', 64) + ".json"),
        ];
        foreach (string leftover in leftovers)
        {
            File.WriteAllText(leftover, "x");
        }

        await _store.Layers.AddAsync(new OneWayStream(TestImage.TarOf("stray", [1])), null, CancellationToken.None);

        _store.Reopen();

        Assert.All(leftovers, leftover => Assert.False(File.Exists(leftover), leftover));
        Assert.Equal(2, _store.Layers.List().Count);
        Assert.NotNull(_store.Images.Find("app:1"));
    }

    [Fact]
    public async Task ManifestStaysAsLongAsItsImage()
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        var image = TestImage.Create();
        registry.Add("app", "1", image);
        await _store.PullAsync($"{registry.Host}/app:1");
        string manifest = Path.Combine(_store.Root, "manifests", image.ManifestDigest.Hex + ".json");
        Assert.Equal(image.Manifest, File.ReadAllBytes(manifest));

        _store.Reopen();
        Assert.True(File.Exists(manifest));
        _store.Images.Remove(image.Id.Hex, force: false, _ => []);
        Assert.False(File.Exists(manifest));
    }

    [Fact]
    public async Task ListIsNewestFirst()
    {
        foreach (string year in new[] { "2020", "2024", "2022" })
        {
            byte[] config = Encoding.UTF8.GetBytes(
                Encoding.UTF8.GetString(TestImage.ConfigOf([])).Replace("2026", year, StringComparison.Ordinal));
            await LoadAsync(new() { Config = config, Manifest = [], Layers = [] }, $"y{year}:1");
        }

        Assert.Equal(["y2024:1", "y2022:1", "y2020:1"], _store.Images.List().Select(image => image.RepoTags[0]));
    }

    private Task<IReadOnlyList<LoadedImage>> LoadAsync(TestImage image, params string[] tags) =>
        _store.Images.LoadAsync(new OneWayStream(TestArchive.Docker(image, tags)), _store, CancellationToken.None);

    private Task TagAsync(string source, string target) =>
        _store.Images.TagAsync(source, ImageReference.Parse(target), CancellationToken.None);
}
