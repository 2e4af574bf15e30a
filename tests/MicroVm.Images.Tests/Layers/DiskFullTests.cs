using MicroVm.Images.Layers;
using MicroVm.Images.Tests.Support;
using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>A store on a disk of a few megabytes (a tmpfs: the tests run as root, as the daemon does).</summary>
public sealed class DiskFullTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public DiskFullTests() => Programs.Run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", _directory.Path);

    public void Dispose()
    {
        Programs.Run("umount", _directory.Path);
        _directory.Dispose();
    }

    [Theory]
    [InlineData(8 << 20)] // in the middle of the data
    [InlineData((4 << 20) - 1000)] // in the index
    public async Task LayerThatDoesNotFitLeavesNothing(int size)
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] small = new TarBuilder().File("small", "1").ToArray();
        byte[] large = new TarBuilder().File("large", TestImage.RandomBytes(1, size)).ToArray();

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => store.AddAsync(new MemoryStream(large), expected: null, CancellationToken.None));

        Assert.Equal(ImageErrorKind.Storage, error.Kind);
        Assert.Equal($"no space left on the disk for {_directory.Path}: remove images or containers, or enlarge it", error.Message);
        Assert.Empty(store.List());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
        await store.AddAsync(new MemoryStream(small), expected: null, CancellationToken.None);
    }

    [Fact]
    public async Task RootDiskThatDoesNotFitLeavesNothing()
    {
        LayerStore store = LayerStore.Open(_directory.Path);
        byte[] layer = new TarBuilder().File("file", "1").ToArray();
        Digest diffId = (await store.AddAsync(new MemoryStream(layer), expected: null, CancellationToken.None)).DiffId;
        Programs.Run("sh", "-c", $"head -c 8m /dev/zero > {_directory.Path}/fill 2>/dev/null || true");

        ImageException error = await Assert.ThrowsAsync<ImageException>(() => store.GetRootDiskAsync([diffId], CancellationToken.None));

        Assert.Equal(ImageErrorKind.Storage, error.Kind);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory["tmp"]));
        File.Delete(_directory["fill"]);
        Assert.True(File.Exists((await store.GetRootDiskAsync([diffId], CancellationToken.None)).Descriptor));
    }
}
