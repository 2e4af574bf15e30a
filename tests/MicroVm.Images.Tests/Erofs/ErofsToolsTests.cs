using MicroVm.Images.Layers;
using MicroVm.Images.Tests.Layers;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>The format's own tools on a disk of ours.</summary>
public class ErofsToolsTests
{
    [Fact]
    public async Task FsckAcceptsTheDisk()
    {
        using MergedImage image = await MergedImage.OfAsync(NastyImage.Layers);
        using var directory = new TemporaryDirectory();
        string raw = Flatten(image.Disk, directory["disk"]);

        // Silent when all is well; Run fails on an exit code.
        Programs.Run("fsck.erofs", "--extract", raw);
        string dump = Programs.Run("dump.erofs", "-s", raw);
        Assert.Contains($"Filesystem inode count:                       {image.Tree.NodeCount}\n", dump, StringComparison.Ordinal);
    }

    /// <summary>The disk as one file: fsck.erofs knows no VMDK.</summary>
    private static string Flatten(RootDisk disk, string path)
    {
        using var vmdk = new VmdkDisk(disk.Descriptor);
        using FileStream raw = File.Create(path);
        const int piece = 1 << 20;
        for (long at = 0; at < vmdk.Length; at += piece)
        {
            raw.Write(vmdk.Read(at, (int)Math.Min(piece, vmdk.Length - at)));
        }

        return path;
    }
}
