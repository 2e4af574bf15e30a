using System.Text;
using System.Text.Json.Nodes;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Compression;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Archives;

public class LoadTests
{
    private const string ContainerdName = "io.containerd.image.name";
    private const string ReferenceName = "org.opencontainers.image.ref.name";

    [Fact]
    public async Task LoadsADockerArchive()
    {
        var image = TestImage.Create();
        using var store = new TestStore();

        IReadOnlyList<LoadedImage> loaded = await LoadAsync(store, TestArchive.Docker(image, "app:1", "localhost:5000/app:2"));

        Assert.Equal(["app:1", "localhost:5000/app:2"], loaded.Select(one => one.Name));
        StoredImage stored = Assert.IsType<StoredImage>(store.Images.Find("app:1"));
        Assert.Equal(image.Id, stored.Id);
        Assert.Equal(image.Layers.Select(layer => layer.DiffId), stored.DiffIds);
        Assert.Equal(image.Config, store.Images.ReadConfig(image.Id));
        Assert.Empty(stored.RepoDigests);
    }

    [Fact]
    public async Task EntriesMayComeInAnyOrder()
    {
        var image = TestImage.Create(layers: 3);
        (string Name, byte[] Content)[] files = TestArchive.DockerFiles(image, "app:1");
        for (int i = 0; i < files.Length; i++)
        {
            using var store = new TestStore();
            await LoadAsync(store, TestImage.TarOf([.. files[i..], .. files[..i]]));
            Assert.Equal(image.Id, store.Images.Find("app:1")?.Id);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("bzip2")]
    [InlineData("xz")]
    [InlineData("zstd")]
    public async Task ArchiveMayBeCompressed(string tool)
    {
        var image = TestImage.Create();
        using var store = new TestStore();
        await LoadAsync(store, DecompressionTests.Compress(tool, TestArchive.Docker(image, "app:1")));
        Assert.Equal(image.Id, store.Images.Find("app:1")?.Id);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("xz")]
    public async Task LayersOfADockerArchiveMayBeCompressed(string tool)
    {
        byte[] tar = TestImage.TarOf("a", TestImage.RandomBytes(3, 50_000));
        byte[] packed = DecompressionTests.Compress(tool, tar);
        var image = TestImage.Create([new TestLayer(packed, packed)]);
        var honest = TestImage.Create([TestLayer.Plain(tar)]);
        image = new TestImage { Config = honest.Config, Manifest = honest.Manifest, Layers = image.Layers };
        using var store = new TestStore();
        await LoadAsync(store, TestArchive.Docker(image, "app:1"));
        Assert.True(store.Layers.Contains(TestImage.DigestOf(tar)));
    }

    [Fact]
    public async Task SharedLayersMayBeSymbolicLinks()
    {
        var image = TestImage.Create(layers: 1);
        byte[] archive;
        using (var stream = new MemoryStream())
        {
            using (var writer = new System.Formats.Tar.TarWriter(stream, System.Formats.Tar.TarEntryFormat.Pax, leaveOpen: true))
            {
                foreach ((string name, byte[] content) in TestArchive.DockerFiles(image, "app:1"))
                {
                    string moved = name == "0/layer.tar" ? "other/layer.tar" : name;
                    writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "./" + moved)
                    {
                        DataStream = new MemoryStream(content),
                    });
                }

                writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, "0/layer.tar")
                {
                    LinkName = "../other/layer.tar",
                });
            }

            archive = stream.ToArray();
        }

        using var store = new TestStore();
        await LoadAsync(store, archive);
        Assert.Equal(image.Id, store.Images.Find("app:1")?.Id);
    }

    [Theory]
    [InlineData(ContainerdName, "docker.io/library/app:1", "app:1")]
    [InlineData(ReferenceName, "localhost:5000/app:1", "localhost:5000/app:1")]
    [InlineData(ReferenceName, "1", null)]
    [InlineData(ReferenceName, "Bad/Name:1", null)]
    [InlineData(null, "", null)]
    public async Task LoadsAnOciLayout(string? annotation, string value, string? name)
    {
        var image = TestImage.Create();
        using var store = new TestStore();

        LoadedImage loaded = Assert.Single(await LoadAsync(store, TestArchive.Oci(image, annotation, value)));

        Assert.Equal(name, loaded.Name);
        Assert.Equal(image.Id, loaded.Image.Id);
        Assert.Equal(name is null ? [] : [name], loaded.Image.RepoTags);
    }

    [Fact]
    public async Task OciLayoutOfSeveralPlatformsGivesOursAlone()
    {
        var ours = TestImage.Create(seed: 1);
        var theirs = TestImage.Create(seed: 2, architecture: "arm64");
        byte[] attestation = TestImage.ManifestOf(TestImage.ConfigOf([]), []);
        JsonObject attesting = TestImage.Descriptor(TestImage.OciManifest, attestation, "unknown/unknown");
        attesting["annotations"] = new JsonObject { ["vnd.docker.reference.type"] = "attestation-manifest" };
        byte[] inner = TestImage.IndexOf(
            attesting,
            TestImage.Descriptor(TestImage.OciManifest, theirs.Manifest, "linux/arm64"),
            TestImage.Descriptor(TestImage.OciManifest, ours.Manifest, "linux/amd64"));
        JsonObject outer = TestImage.Descriptor(TestImage.OciIndex, inner);
        outer["annotations"] = new JsonObject { [ContainerdName] = "app:1" };
        using var store = new TestStore();

        await LoadAsync(store, TestImage.TarOf(
        [
            ("index.json", TestImage.IndexOf(outer)),
            TestArchive.Blob(inner),
            .. TestArchive.Blobs(theirs),
            .. TestArchive.Blobs(ours),
        ]));

        Assert.Equal(ours.Id, store.Images.Find("app:1")?.Id);
        Assert.Equal(ours.Layers.Select(layer => layer.DiffId).ToHashSet(), store.Layers.List().ToHashSet());
    }

    [Fact]
    public async Task LoadsWhatDockerBefore110Saved()
    {
        byte[] low = TestImage.TarOf("a", [1]);
        byte[] high = TestImage.TarOf("b", [2]);
        using var store = new TestStore();

        await LoadAsync(store, TestImage.TarOf(
            ("top/json", Encoding.UTF8.GetBytes("""{"id":"top","parent":"base","architecture":"amd64","os":"linux","config":{"Cmd":["x"]},"Size":3}""")),
            ("top/layer.tar", high),
            ("base/json", Encoding.UTF8.GetBytes("""{"id":"base","architecture":"amd64","os":"linux"}""")),
            ("base/layer.tar", low),
            ("repositories", Encoding.UTF8.GetBytes("""{"app":{"1":"top","2":"top"}}"""))));

        StoredImage stored = Assert.IsType<StoredImage>(store.Images.Find("app:2"));
        Assert.Equal(["app:1", "app:2"], stored.RepoTags);
        Assert.Equal([TestImage.DigestOf(low), TestImage.DigestOf(high)], stored.DiffIds);
        Assert.Equal(["x"], stored.Config.Cmd);
    }

    [Fact]
    public async Task LoadsWhatDockerSavesSince25()
    {
        // Both forms at once: an OCI layout, and a manifest.json that names its blobs.
        var image = TestImage.Create([TestLayer.Plain(TestImage.TarOf("a", [1])), TestLayer.Plain(TestImage.TarOf("b", [2]))]);
        var manifest = new JsonArray(new JsonObject
        {
            ["Config"] = $"blobs/sha256/{image.Id.Hex}",
            ["RepoTags"] = new JsonArray("app:1"),
            ["Layers"] = new JsonArray([.. image.Layers.Select(layer => (JsonNode)$"blobs/sha256/{layer.DiffId.Hex}")]),
        });
        using var store = new TestStore();

        IReadOnlyList<LoadedImage> loaded = await LoadAsync(store, TestImage.TarOf(
        [
            .. TestArchive.OciFiles(image, ContainerdName, "docker.io/library/app:1"),
            ("manifest.json", TestImage.Bytes(manifest)),
            ("repositories", Encoding.UTF8.GetBytes("""{"app":{"1":"none"}}""")),
        ]));

        Assert.Equal("app:1", Assert.Single(loaded).Name);
        Assert.Equal(image.Id, loaded[0].Image.Id);
    }

    [Fact]
    public async Task LoadingAgainChangesNothing()
    {
        byte[] archive = TestArchive.Oci(TestImage.Create([TestLayer.Plain(TestImage.TarOf("a", [1]))]), ContainerdName, "app:1");
        using var store = new TestStore();
        await LoadAsync(store, archive);
        await LoadAsync(store, archive);
        Assert.Single(store.Images.List());
    }

    private static Task<IReadOnlyList<LoadedImage>> LoadAsync(TestStore store, byte[] archive) =>
        store.Images.LoadAsync(new OneWayStream(archive), store, CancellationToken.None);
}
