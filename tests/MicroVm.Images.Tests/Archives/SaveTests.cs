using System.Formats.Tar;
using System.Text.Json.Nodes;
using MicroVm.Images.Store;
using MicroVm.Images.Tests.Layers;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Archives;

/// <summary>What is saved is what was loaded, for us and for others.</summary>
public sealed class SaveTests : IDisposable
{
    private readonly TestStore _store = new();

    public void Dispose() => _store.Dispose();

    [Fact]
    public async Task WhatIsSavedLoadsAsItWas()
    {
        var image = TestImage.Create(layers: 3);
        await LoadAsync(_store, TestArchive.Docker(image, "app:1", "localhost:5000/app:2"));
        using var other = new TestStore();

        await LoadAsync(other, await SaveAsync("app:1", "localhost:5000/app:2"));

        StoredImage stored = Assert.IsType<StoredImage>(other.Images.Find("app:1"));
        Assert.Equal((image.Id, image.Id), (stored.Id, other.Images.Find("localhost:5000/app:2")?.Id));
        Assert.Equal(image.Layers.Select(layer => layer.DiffId), stored.DiffIds);
        Assert.Equal(image.Config, other.Images.ReadConfig(image.Id));
    }

    [Fact]
    public async Task TheSameBytesComeEveryTime()
    {
        await LoadAsync(_store, TestArchive.Docker(TestImage.Create(), "app:1"));
        Assert.Equal(await SaveAsync("app:1"), await SaveAsync("app:1"));
    }

    [Fact]
    public async Task NamesMeanWhatTheyMeanToDocker()
    {
        TestImage[] images = [TestImage.Create(1), TestImage.Create(2)];
        await LoadAsync(_store, TestArchive.Docker(images[0], "app:1", "app:old", "tool:1"));
        await LoadAsync(_store, TestArchive.Docker(images[1], "app:2"));

        Assert.Equal([["app:1", "app:old"], ["app:2"]], await TagsAsync("app"));
        Assert.Equal([["app:1"]], await TagsAsync("app:1"));
        Assert.Equal([[]], await TagsAsync(images[1].Id.Hex[..12]));
        Assert.Equal([["app:1", "tool:1"], ["app:2"]], await TagsAsync("app:1", "app:2", "tool", images[0].Id.ToString()));
        Assert.Equal(ImageErrorKind.NotFound, Assert.Throws<ImageException>(() => _store.Images.Export(["app:1", "none"])).Kind);
    }

    [Fact]
    public async Task ASharedLayerIsThereOnce()
    {
        TestLayer shared = TestLayer.Plain(NastyImage.Layers[0]);
        TestImage[] images = [TestImage.Create([shared]), TestImage.Create([shared, TestLayer.Plain(NastyImage.Layers[1])])];
        await LoadAsync(_store, TestArchive.Docker(images[0], "app:1"));
        await LoadAsync(_store, TestArchive.Docker(images[1], "app:2"));
        List<string> names = [.. Entries(await SaveAsync("app")).Select(entry => entry.Name)];
        Assert.Equal(names.Distinct(), names);
        Assert.Equal(2 + 4 + 3, names.Count);
    }

    [Fact]
    public async Task OthersReadIt()
    {
        using var directory = new TemporaryDirectory();
        await LoadAsync(_store, TestArchive.Docker(TestImage.Create([.. NastyImage.Layers.Select(TestLayer.Plain)]), "app:1"));
        await File.WriteAllBytesAsync(directory["saved.tar"], await SaveAsync("app:1"));
        Programs.Run("skopeo", "copy", "-q", $"docker-archive:{directory["saved.tar"]}:app:1", $"oci:{directory["a"]}:app");
        Programs.Run("skopeo", "copy", "-q", $"oci-archive:{directory["saved.tar"]}", $"oci:{directory["b"]}:app");
        Programs.Run("umoci", "unpack", "--image", $"{directory["b"]}:app", directory["bundle"]);
        Assert.True(File.Exists(directory["bundle/rootfs/etc/passwd"]));
    }

    private async Task<List<string[]>> TagsAsync(params string[] names)
    {
        (string _, byte[] list) = Entries(await SaveAsync(names)).Single(entry => entry.Name == "manifest.json");
        return [.. JsonNode.Parse(list)!.AsArray().Select(image => image!["RepoTags"]!.AsArray().Select(tag => tag!.ToString()).Order(StringComparer.Ordinal).ToArray())
            .OrderBy(tags => tags.FirstOrDefault(), StringComparer.Ordinal)];
    }

    private static List<(string Name, byte[] Content)> Entries(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        List<(string, byte[])> entries = [];
        while (reader.GetNextEntry() is { } entry)
        {
            using var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            entries.Add((entry.Name, content.ToArray()));
        }

        return entries;
    }

    private async Task<byte[]> SaveAsync(params string[] names)
    {
        using var archive = new MemoryStream();
        await _store.Images.Export(names).WriteToAsync(archive, CancellationToken.None);
        return archive.ToArray();
    }

    private static Task<IReadOnlyList<LoadedImage>> LoadAsync(TestStore store, byte[] archive) =>
        store.Images.LoadAsync(new MemoryStream(archive), store, CancellationToken.None);
}
