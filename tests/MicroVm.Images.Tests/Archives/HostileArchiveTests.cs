using System.Text;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Archives;

/// <summary>Archives that are cut, forged, or no images: one line, and nothing left behind.</summary>
public class HostileArchiveTests
{
    [Fact]
    public Task NoArchive() => ExpectAsync("hello, world"u8.ToArray(), ImageErrorKind.Invalid, "invalid archive: ");

    [Fact]
    public Task EmptyStream() => ExpectAsync([], ImageErrorKind.Invalid, "invalid archive: it has neither manifest.json nor index.json");

    [Fact]
    public Task TarWithoutImage() => ExpectAsync(
        TestImage.TarOf("etc/passwd", [1, 2, 3]), ImageErrorKind.Invalid, "invalid archive: it has neither manifest.json nor index.json");

    [Fact]
    public Task CutArchive()
    {
        byte[] archive = TestArchive.Docker(TestImage.Create(), "app:1");
        return ExpectAsync(archive[..(archive.Length / 2)], ImageErrorKind.Invalid, "");
    }

    [Fact]
    public Task CutGzip()
    {
        byte[] archive = TestLayer.Compressed(TestArchive.Docker(TestImage.Create(), "app:1"));
        return ExpectAsync(archive[..(archive.Length / 2)], ImageErrorKind.Invalid, "");
    }

    [Fact]
    public Task LayerOfAnotherImage()
    {
        (string Name, byte[] Content)[] files = TestArchive.DockerFiles(TestImage.Create(layers: 1), "app:1");
        files[0].Content = TestImage.TarOf("other", [1]);
        return ExpectAsync(TestImage.TarOf(files), ImageErrorKind.Corrupt, "invalid diffID for layer 0: expected \"sha256:");
    }

    [Fact]
    public Task MissingLayer() => ExpectAsync(
        TestImage.TarOf(TestArchive.DockerFiles(TestImage.Create(), "app:1")[1..]), ImageErrorKind.Invalid,
        "invalid archive: layer '0/layer.tar' is missing");

    [Fact]
    public Task MissingConfiguration()
    {
        var image = TestImage.Create(layers: 1);
        (string Name, byte[] Content)[] files = [.. TestArchive.DockerFiles(image, "app:1").Where(file => !file.Name.StartsWith(image.Id.Hex, StringComparison.Ordinal))];
        return ExpectAsync(TestImage.TarOf(files), ImageErrorKind.Invalid, $"invalid archive: '{image.Id.Hex}.json' is missing");
    }

    [Fact]
    public Task ForgedBlob()
    {
        var image = TestImage.Create(layers: 1);
        (string Name, byte[] Content)[] files = TestArchive.OciFiles(image);
        files[^1].Content = TestLayer.Compressed(TestImage.TarOf("forged", [1]));
        return ExpectAsync(TestImage.TarOf(files), ImageErrorKind.Corrupt, "verification failed for digest");
    }

    [Fact]
    public Task ForgedConfiguration()
    {
        var image = TestImage.Create(layers: 1);
        (string Name, byte[] Content)[] files = TestArchive.OciFiles(image);
        int at = Array.FindIndex(files, file => file.Name.EndsWith(image.Id.Hex, StringComparison.Ordinal));
        files[at].Content = [.. image.Config, (byte)' '];
        return ExpectAsync(TestImage.TarOf(files), ImageErrorKind.Corrupt, $"invalid archive: blob {image.Id} does not match its digest");
    }

    [Theory]
    [InlineData("[{}]", "invalid manifest.json: 'Config' is missing")]
    [InlineData("{}", "invalid manifest.json: ")]
    [InlineData("""[{"Config":"../../etc/passwd","Layers":[]}]""", "invalid archive: '../../etc/passwd' is missing")]
    [InlineData("""[{"Config":"c","Layers":[],"RepoTags":["Foo:1"]}]""", "invalid tag \"Foo:1\"")]
    [InlineData("""[{"Config":"c","Layers":["../x"]}]""", "invalid archive: layer '../x' is missing")]
    [InlineData("""[{"Config":5}]""", "invalid manifest.json: 'Config' is not of type String")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "invalid manifest.json: ")]
    public Task BadManifest(string manifest, string message) => ExpectAsync(
        TestImage.TarOf(("c", TestImage.ConfigOf([])), ("manifest.json", Encoding.UTF8.GetBytes(manifest))), ImageErrorKind.Invalid, message);

    [Fact]
    public Task BigFileThatIsNoLayer()
    {
        var image = TestImage.Create(layers: 1);
        (string Name, byte[] Content)[] files = TestArchive.DockerFiles(image, "app:1");
        files[0].Content = [.. "no tar"u8, .. new byte[9 << 20]];
        return ExpectAsync(TestImage.TarOf(files), ImageErrorKind.Invalid, "layer '0/layer.tar': it is neither a tar nor a compressed one");
    }

    [Fact]
    public Task ManyMegabytesOfMetadata() => ExpectAsync(
        TestImage.TarOf([.. Enumerable.Range(0, 10).Select(i => ($"f{i}", (byte[])[(byte)'x', .. new byte[7 << 20]]))]),
        ImageErrorKind.Invalid, "invalid archive: more than 67108864 bytes beside the layers");

    [Fact]
    public Task IndexesThatMultiply()
    {
        // Three levels of a thousand entries each would be a thousand million.
        byte[] level = TestImage.IndexOf();
        var files = new List<(string Name, byte[] Content)>();
        for (int i = 0; i < 3; i++)
        {
            files.Add(TestArchive.Blob(level));
            level = TestImage.IndexOf([.. Enumerable.Range(0, 1000).Select(_ => TestImage.Descriptor(TestImage.OciIndex, files[^1].Content))]);
        }

        files.Add(("index.json", level));
        return ExpectAsync(TestImage.TarOf([.. files]), ImageErrorKind.Invalid, "invalid archive: its entries point to each other too often");
    }

    [Fact]
    public async Task ManyNamesOfOneConfigurationAreOneImage()
    {
        var image = TestImage.Create([]);
        string item = $$"""{"Config":"{{image.Id.Hex}}.json","Layers":[],"RepoTags":["app:N"]}""";
        string manifest = $"[{string.Join(',', Enumerable.Range(0, 500).Select(i => item.Replace("N", $"{i}", StringComparison.Ordinal)))}]";
        using var store = new TestStore();
        await store.Images.LoadAsync(
            new OneWayStream(TestImage.TarOf(($"{image.Id.Hex}.json", image.Config), ("manifest.json", Encoding.UTF8.GetBytes(manifest)))),
            store, CancellationToken.None);
        Assert.Equal(500, Assert.Single(store.Images.List()).RepoTags.Count);
    }

    [Fact]
    public async Task DamagedBytesNeverBreakTheLoader()
    {
        byte[] archive = TestArchive.Docker(TestImage.Create(layerSize: 2000), "app:1");
        var random = new Random(4711);
        for (int round = 0; round < 300; round++)
        {
            byte[] damaged = (byte[])archive.Clone();
            for (int i = random.Next(1, 8); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            using var store = new TestStore();
            try
            {
                await store.Images.LoadAsync(new OneWayStream(damaged), store, CancellationToken.None);
            }
            catch (ImageException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                Assert.Empty(store.Layers.List());
            }
        }
    }

    private static async Task ExpectAsync(byte[] archive, ImageErrorKind kind, string message)
    {
        using var store = new TestStore();
        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => store.Images.LoadAsync(new OneWayStream(archive), store, CancellationToken.None));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(kind, error.Kind);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Empty(store.Images.List());
        Assert.Empty(store.Layers.List());
    }
}
