using MicroVm.Images.Store;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

/// <summary>Pulls from the reference implementation of a registry, of images that skopeo pushed in every form it knows.</summary>
public sealed class DockerRegistryTests(DockerRegistry registry) : IClassFixture<DockerRegistry>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestStore _store = new();

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("oci", "gzip", "application/vnd.oci.image.layer.v1.tar+gzip")]
    [InlineData("oci", "zstd", "application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("v2s2", "gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip")]
    public async Task PullsEveryFormatAndCompression(string format, string compression, string mediaType)
    {
        // Layers of its own for each case: skopeo pushes what it knows to be there in another compression by reference.
        var image = TestImage.Create([.. Enumerable.Range(mediaType.Sum(c => c), 2)
            .Select(seed => TestLayer.Plain(TestImage.TarOf("a", TestImage.RandomBytes(seed, 100_000))))]);
        string name = $"{registry.Host}/{format}/{compression}:1";
        await PushAsync(image, name, "--format", format, "--dest-compress-format", compression);

        StoredImage stored = await _store.PullAsync(name);

        Assert.Equal(image.Layers.Select(layer => layer.DiffId), stored.DiffIds);
        Assert.Equal([name], stored.RepoTags);
        string manifest = Assert.Single(Directory.GetFiles(Path.Combine(_store.Root, "manifests")));
        Assert.Contains(mediaType, File.ReadAllText(manifest), StringComparison.Ordinal);
        Assert.Equal(["A=1"], stored.Config.Env);
    }

    [Fact]
    public async Task PullsUncompressedLayers()
    {
        var image = TestImage.Create([TestLayer.Plain(TestImage.TarOf("a", TestImage.RandomBytes(1, 300_000)))]);
        string name = $"{registry.Host}/plain:1";
        await PushAsync(image, name, "--dest-decompress");

        Assert.Equal(image.Id, (await _store.PullAsync(name)).Id);
    }

    [Fact]
    public async Task PullsOneImageOfAnIndex()
    {
        TestImage[] images = [TestImage.Create(seed: 1, architecture: "arm64"), TestImage.Create(seed: 2)];
        byte[] index = TestImage.IndexOf(
            TestImage.Descriptor(TestImage.OciManifest, images[0].Manifest, "linux/arm64"),
            TestImage.Descriptor(TestImage.OciManifest, images[1].Manifest, "linux/amd64"));
        string layout = WriteLayout(
            TestImage.IndexOf(TestImage.Descriptor(TestImage.OciIndex, index)),
            [TestArchive.Blob(index), .. images.SelectMany(TestArchive.Blobs)]);
        string name = $"{registry.Host}/multi:1";
        await DockerRegistry.SkopeoAsync("copy", "--all", "--dest-tls-verify=false", "--preserve-digests", $"oci:{layout}", $"docker://{name}");

        StoredImage stored = await _store.PullAsync(name);
        StoredImage other = await _store.PullAsync(name, new("linux/arm64"));

        Assert.Equal(images[1].Id, stored.Id);
        Assert.Equal(images[0].Id, other.Id);
        Assert.Equal([$"{registry.Host}/multi@{TestImage.DigestOf(index)}"], other.RepoDigests);
    }

    [Fact]
    public async Task PullsByDigestAndGoesOnFromAPartialDownload()
    {
        var image = TestImage.Create(layers: 1, layerSize: 2 << 20);
        await PushAsync(image, $"{registry.Host}/big:1", "--preserve-digests");
        string partial = Path.Combine(_store.Root, "partial", image.Layers[0].BlobDigest.Hex);
        File.WriteAllBytes(partial, image.Layers[0].Blob[..(1 << 20)]);

        StoredImage stored = await _store.PullAsync($"{registry.Host}/big@{image.ManifestDigest}");

        Assert.Equal(image.Id, stored.Id);
        Assert.Empty(_store.Partials);
    }

    [Fact]
    public async Task UnknownNamesHaveDockersErrors()
    {
        await PushAsync(TestImage.Create(), $"{registry.Host}/known:1");
        foreach (string name in new[] { $"{registry.Host}/known:2", $"{registry.Host}/unknown:latest" })
        {
            ImageException error = await Assert.ThrowsAsync<ImageException>(() => _store.PullAsync(name));
            Assert.Equal($"manifest for {name} not found: manifest unknown: manifest unknown", error.Message);
        }
    }

    [Theory]
    [InlineData("docker-archive")]
    [InlineData("oci-archive")]
    public async Task LoadsWhatSkopeoSaved(string transport)
    {
        var image = TestImage.Create();
        string layout = WriteLayout(image);
        string archive = _directory["image.tar"];
        await DockerRegistry.SkopeoAsync("copy", $"oci:{layout}", $"{transport}:{archive}:example.com/app:1");

        await using FileStream file = File.OpenRead(archive);
        LoadedImage loaded = Assert.Single(await _store.Images.LoadAsync(file, _store, CancellationToken.None));

        Assert.Equal("example.com/app:1", loaded.Name);
        Assert.Equal(image.Layers.Select(layer => layer.DiffId), loaded.Image.DiffIds);
    }

    private async Task PushAsync(TestImage image, string name, params string[] options) => await DockerRegistry.SkopeoAsync(
        ["copy", "--dest-tls-verify=false", .. options, $"oci:{WriteLayout(image)}", $"docker://{name}"]);

    private string WriteLayout(TestImage image) =>
        WriteLayout(TestImage.IndexOf(TestImage.Descriptor(TestImage.OciManifest, image.Manifest)), TestArchive.Blobs(image));

    private string WriteLayout(byte[] index, IEnumerable<(string Name, byte[] Content)> blobs)
    {
        string layout = _directory["layout"];
        Directory.CreateDirectory(Path.Combine(layout, "blobs/sha256"));
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllBytes(Path.Combine(layout, "index.json"), index);
        foreach ((string name, byte[] content) in blobs)
        {
            File.WriteAllBytes(Path.Combine(layout, name), content);
        }

        return layout;
    }
}
