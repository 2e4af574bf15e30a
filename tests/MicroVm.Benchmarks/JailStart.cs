using System.Diagnostics;
using System.Globalization;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Disks;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Benchmarks;

/// <summary>What the jail adds to a VMM's start: from the call until QEMU's monitor answers, with and without, in turns.</summary>
internal static class JailStart
{
    private const int Rounds = 25;

    /// <returns>Medians in milliseconds: "JAILED BARE".</returns>
    public static async Task<string> RunAsync(string kernel, string initramfs, string directory)
    {
        VmSpec spec = await SpecAsync(kernel, initramfs, directory);
        QemuHypervisor jailed = new(Options(directory, isJailed: true));
        QemuHypervisor bare = new(Options(directory, isJailed: false));
        List<double> with = [];
        List<double> without = [];
        for (int i = 0; i < Rounds; i++)
        {
            with.Add(await StartAsync(jailed, spec));
            without.Add(await StartAsync(bare, spec));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{Median(with):F1} {Median(without):F1}");
    }

    private static async Task<double> StartAsync(QemuHypervisor hypervisor, VmSpec spec)
    {
        _ = hypervisor.Info; // Looks at the host, once.
        long start = Stopwatch.GetTimestamp();
        await using IVirtualMachine machine = await hypervisor.StartAsync(spec, CancellationToken.None);
        await machine.PauseAsync(CancellationToken.None);
        double milliseconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        await machine.KillAsync();
        return milliseconds;
    }

    private static HypervisorOptions Options(string directory, bool isJailed) => new()
    {
        Directory = Path.Combine(directory, "hypervisor"),
        Jail = new() { Enabled = isJailed },
    };

    private static async Task<VmSpec> SpecAsync(string kernel, string initramfs, string directory)
    {
        Directory.CreateDirectory(directory);
        string scratch = Path.Combine(directory, "scratch.img");
        await new ScratchDisk(directory).CreateAsync(scratch, 64 << 20, journal: false, CancellationToken.None);
        string root = Path.Combine(directory, "root.img");
        await File.WriteAllBytesAsync(root, new byte[4096]);
        return new VmSpec
        {
            Id = new string('0', 64),
            RuntimeDirectory = Directory.CreateDirectory(Path.Combine(directory, "run")).FullName,
            ConsoleLog = Path.Combine(directory, "console.log"),
            Kernel = kernel,
            Initramfs = initramfs,
            VCpus = 1,
            Memory = 1 << 30,
            Token = new byte[32],
            Root = new(root, DiskFormat.Raw, ReadOnly: true),
            Scratch = new(scratch, DiskFormat.Raw, ReadOnly: false, Volatile: true),
        };
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
