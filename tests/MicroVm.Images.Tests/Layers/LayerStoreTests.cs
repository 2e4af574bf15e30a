using System.Security.Cryptography;
using MicroVm.Images.Layers;
using MicroVm.Images.Tests.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Tests.Layers;

public sealed class LayerStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task LayerIsStoredUnderTheHashOfAllBytes()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] tar = new TarBuilder().File("a", "hello").ToArray(trailing: 9000);

        LayerInfo info = await store.AddAsync(new MemoryStream(tar), expected: null, CancellationToken.None);

        Assert.Equal(Digest.FromHash(SHA256.HashData(tar)), info.DiffId);
        Assert.Equal((tar.Length, 5), (info.TarSize, info.ContentSize));
        Assert.Equal(info, store.Get(info.DiffId));
        Assert.True(store.Contains(info.DiffId));
        Assert.Equal([info.DiffId], store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    [Fact]
    public async Task WrongDiffIdLeavesNothing()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] tar = new TarBuilder().File("a", "hello").ToArray();
        Digest wrong = Digest.FromHash(new byte[32]);

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => store.AddAsync(new MemoryStream(tar), wrong, CancellationToken.None));

        Assert.Equal(ImageErrorKind.Corrupt, error.Kind);
        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    [Fact]
    public async Task SameLayerAddedTwiceAtOnceIsOneLayer()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] tar = new TarBuilder().File("a", RandomNumberGenerator.GetBytes(3 << 20)).ToArray();

        LayerInfo[] infos = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            _ => store.AddAsync(new MemoryStream(tar), expected: null, CancellationToken.None)));

        Assert.Single(infos.Distinct());
        Assert.Equal([infos[0].DiffId], store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    [Fact]
    public async Task OpeningRemovesWhatAKilledProcessLeft()
    {
        LayerInfo info = await AddAsync(LayerStore.Open(_directory.Path), new TarBuilder().File("a", "hello"));
        Directory.CreateDirectory(_directory["tmp/left"]);
        await File.WriteAllTextAsync(_directory["tmp/left/data"], "x");
        Directory.CreateDirectory(_directory["disks/1-of-another-boot/x"]);
        Directory.CreateDirectory(_directory["layers/" + new string('a', 64)]);

        LayerStore store = LayerStore.Open(_directory.Path);

        Assert.Equal([info.DiffId], store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
        Assert.Single(Directory.EnumerateDirectories(_directory["disks"]));
    }

    [Fact]
    public async Task LayerWithCutDataIsNotThere()
    {
        LayerInfo info = await AddAsync(LayerStore.Open(_directory.Path), new TarBuilder().File("a", "hello"));
        await using (FileStream data = File.OpenWrite(_directory[$"layers/{info.DiffId.Hex}/data"]))
        {
            data.SetLength(0);
        }

        Assert.Empty(LayerStore.Open(_directory.Path).List());
    }

    [Fact]
    public async Task DamagedIndexIsReported()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        LayerInfo info = await AddAsync(store, new TarBuilder().File("a", "hello"));
        string index = _directory[$"layers/{info.DiffId.Hex}/index"];
        byte[] bytes = await File.ReadAllBytesAsync(index);
        bytes[^9] ^= 1;
        await File.WriteAllBytesAsync(index, bytes);

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => store.GetRootDiskAsync([info.DiffId], CancellationToken.None));

        Assert.Equal(ImageErrorKind.Corrupt, error.Kind);
    }

    [Fact]
    public async Task MissingLayerIsNotFound()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        Digest absent = Digest.FromHash(new byte[32]);

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => store.GetRootDiskAsync([absent], CancellationToken.None));

        Assert.Equal(ImageErrorKind.NotFound, error.Kind);
        Assert.Equal(ImageErrorKind.NotFound, Assert.Throws<ImageException>(() => store.Get(absent)).Kind);
    }

    [Fact]
    public async Task RootDiskIsMadeOnceAndGoesWithItsLayers()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        LayerInfo lower = await AddAsync(store, new TarBuilder().File("a", "hello"));
        LayerInfo upper = await AddAsync(store, new TarBuilder().Directory("empty"));

        RootDisk[] disks = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => store.GetRootDiskAsync([lower.DiffId, upper.DiffId], CancellationToken.None)));
        RootDisk other = await store.GetRootDiskAsync([lower.DiffId], CancellationToken.None);

        Assert.Single(disks.Select(disk => disk.Descriptor).Distinct());
        Assert.Equal(3, disks[0].Extents.Count);
        Assert.All(disks[0].Extents, extent => Assert.True(File.Exists(extent)));
        store.Remove(upper.DiffId);
        Assert.False(File.Exists(disks[0].Descriptor));
        Assert.True(File.Exists(other.Descriptor));
        Assert.Equal([lower.DiffId], store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    [Fact]
    public async Task DiskIsPaddedWithASparseFile()
    {
        const long size = 64L << 30;
        LayerStore store = LayerStore.Open(_directory.Path, size);
        LayerInfo layer = await AddAsync(store, new TarBuilder().File("a", "hello"));

        RootDisk disk = await store.GetRootDiskAsync([layer.DiffId], CancellationToken.None);

        Assert.Equal(size, disk.Extents.Sum(extent => new FileInfo(extent).Length));
        long sectors = (await File.ReadAllLinesAsync(disk.Descriptor))
            .Where(line => line.StartsWith("RW ", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(' ')[1], null));
        Assert.Equal(size, sectors * 512);
    }

    [Fact]
    public async Task ImageWithoutLayersIsAnEmptyRoot()
    {
        LayerStore store = LayerStore.Open(_directory.Path);

        RootDisk disk = await store.GetRootDiskAsync([], CancellationToken.None);

        Assert.Single(disk.Extents);
        ImageTree tree = store.ReadTree([], CancellationToken.None);
        Assert.Empty(tree.Root.Entries);
    }

    [Fact]
    public async Task CancelledAddLeavesNothing()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] tar = new TarBuilder().File("a", "hello").ToArray();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => store.AddAsync(new MemoryStream(tar), expected: null, cancelled.Token));

        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    [Fact]
    public async Task FailureOfTheSourceIsTheSourcesOwn()
    {
        LayerStore store = LayerStore.Open(_directory.Path);

        await Assert.ThrowsAsync<EndOfStreamException>(
            () => store.AddAsync(new FailingStream(), expected: null, CancellationToken.None));

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
    }

    private static Task<LayerInfo> AddAsync(LayerStore store, TarBuilder tar) =>
        store.AddAsync(new MemoryStream(tar.ToArray()), expected: null, CancellationToken.None);

    private sealed class FailingStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new EndOfStreamException("the source broke off");
    }
}
