using System.Security.Cryptography;
using MicroVm.Hypervisor.Disks;

namespace MicroVm.Hypervisor.Tests;

/// <summary>What the tests' VMs are made of.</summary>
internal static class TestHost
{
    /// <summary>Kept from one run of the tests to the next.</summary>
    public static HypervisorOptions Options { get; } = new()
    {
        Accelerator = "tcg",
        Directory = Path.Combine(AppContext.BaseDirectory, "hypervisor"),
        EmulatorPath = Path.Combine(Environment.GetEnvironmentVariable("MVM_DIST") ?? AppContext.BaseDirectory, "daemon/mvm-emulator"),
    };

    /// <summary>A VM whose files are in a directory of its own, <paramref name="name"/>, under <paramref name="directory"/>.</summary>
    public static async Task<VmSpec> SpecAsync(string directory, string name)
    {
        GuestFiles files = GuestFiles.Find();
        Assert.True(File.Exists(files.Kernel), $"{files.Kernel} is missing: run 'make dist' and set MVM_KERNEL and MVM_INITRAMFS");
        string own = Directory.CreateDirectory(Path.Combine(directory, name)).FullName;
        string scratch = Path.Combine(own, "scratch.img");
        await new ScratchDisk(own).CreateAsync(scratch, 64 << 20, journal: true, TestContext.Current.CancellationToken);
        string root = Path.Combine(own, "root.img");
        await File.WriteAllBytesAsync(root, new byte[4096], TestContext.Current.CancellationToken);
        return new VmSpec
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            RuntimeDirectory = Directory.CreateDirectory(Path.Combine(own, "run")).FullName,
            ConsoleLog = Path.Combine(own, "console.log"),
            Kernel = files.Kernel,
            Initramfs = files.Initramfs,
            VCpus = 1,
            Memory = 128 << 20,
            Token = new byte[32],
            Root = new(root, DiskFormat.Raw, ReadOnly: true),
            Scratch = new(scratch, DiskFormat.Raw, ReadOnly: false, Volatile: true),
        };
    }
}
