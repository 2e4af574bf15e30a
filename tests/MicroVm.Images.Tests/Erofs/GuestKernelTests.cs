using MicroVm.Images.Tests.Layers;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>
/// The guest's own kernel mounts a root disk through QEMU's VMDK driver, and a static program lists every file of it.
/// </summary>
public class GuestKernelTests
{
    private const long DiskSize = 64L << 30;

    [Fact]
    public async Task KernelReadsTheDiskAsWeDo()
    {
        using MergedImage image = await MergedImage.OfAsync(NastyImage.Layers);

        AssertSame(image.Files, Boot(image.Disk.Descriptor));
    }

    [Fact]
    public async Task KernelReadsLargeSparseFilesOnAPaddedDisk()
    {
        byte[] map = TarMap((1L << 40) - 500_005, 3);
        using MergedImage image = await MergedImage.PaddedAsync(DiskSize, [new Tar.TarBuilder()
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", $"{1L << 40}"))
            .File("terabyte", [.. map, 1, 2, 3])
            .Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", $"{1L << 44}"))
            .File("hole", TarMap(0, 0)).ToArray()]);

        AssertSame(image.Files, Boot(image.Disk.Descriptor));
    }

    private static void AssertSame(IReadOnlyList<FileFacts> ours, IReadOnlyList<FileFacts> kernels)
    {
        Assert.Equal(kernels.Count, ours.Count);
        Assert.All(kernels.Zip(ours), pair => Assert.Equal(pair.First, pair.Second));
    }

    private static byte[] TarMap(long offset, long length)
    {
        byte[] map = Tar.TarBuilder.Bytes($"1\n{offset}\n{length}\n");
        Array.Resize(ref map, 512);
        return map;
    }

    private static IReadOnlyList<FileFacts> Boot(string descriptor)
    {
        using var directory = new TemporaryDirectory();
        string output = directory["output"];
        using (FileStream disk = File.Create(output))
        {
            disk.SetLength(16 << 20);
        }

        string console = Programs.Run(
            "timeout", "120", "qemu-system-x86_64", "-M", "microvm,acpi=off,pit=on,pic=on,rtc=on,auto-kernel-cmdline=off", "-global", "virtio-mmio.force-legacy=false",
            "-accel", "tcg", "-cpu", "max", "-m", "256", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
            "-kernel", Kernel(), "-initrd", Initramfs(directory),
            "-append", "console=ttyS0 reboot=t panic=-1 quiet virtio_mmio.device=512@0xfeb00000:5 virtio_mmio.device=512@0xfeb00200:6",
            "-drive", $"id=root,if=none,format=vmdk,read-only=on,file={descriptor}", "-device", "virtio-blk-device,drive=root,bus=virtio-mmio-bus.0",
            "-drive", $"id=output,if=none,format=raw,file={output}", "-device", "virtio-blk-device,drive=output,bus=virtio-mmio-bus.1");
        string listing = File.ReadAllText(output).TrimEnd('\0');
        Assert.True(listing.EndsWith('\n'), $"the guest wrote no listing; its console:\n{console}");
        return FileFacts.Parse(listing);
    }

    private static string Kernel()
    {
        string kernel = Environment.GetEnvironmentVariable("MVM_KERNEL") ?? Path.Combine(Programs.Root, ".build/guest/vmlinux");
        Assert.True(File.Exists(kernel), $"{kernel} is missing: make kernel");
        return kernel;
    }

    private static string Initramfs(TemporaryDirectory directory)
    {
        string root = directory["initramfs"];
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        Directory.CreateDirectory(Path.Combine(root, "mnt"));
        File.Copy(Programs.Walk, Path.Combine(root, "init"));
        Programs.Run("sh", "-c", $"cd {root} && find . | cpio --quiet -o -H newc > ../initramfs.cpio");
        return directory["initramfs.cpio"];
    }
}
