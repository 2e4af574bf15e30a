using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Shares;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>What of the host one QEMU needs.</summary>
internal static class QemuJail
{
    private const long MiB = 1 << 20;

    // Beside the guest's memory: QEMU itself, its buffers, and the page cache of its disks, which is given back under pressure.
    private const long Overhead = 256 * MiB;

    // QEMU's buffer for translated code has at most this size.
    private const long TranslationBuffer = 1024 * MiB;

    // QEMU's pool for disk requests has up to 64.
    private const int Threads = 128;

    private const string Kvm = "/dev/kvm";
    private const string ResolverConfiguration = "/etc/resolv.conf";

    /// <summary>Sets who may use the VM's files.</summary>
    /// <exception cref="HypervisorException">A file of the host's can't be used.</exception>
    public static void Prepare(VmSpec spec, VmPaths paths, uint? user)
    {
        if (user is { } number)
        {
            JailFiles.Check([spec.Kernel, spec.Initramfs]);
            JailFiles.Share([spec.Root.Path, .. spec.Root.Extents]);
            JailFiles.Give([paths.Token, .. WritableFiles(spec, paths)], number);
        }
    }

    public static JailSpec Of(VmSpec spec, IReadOnlyList<string> command, VmPaths paths, uint? user, string accelerator)
    {
        bool hasNetwork = spec.Networks.Any(network => network.Tap is null);
        bool isEmulated = accelerator == "tcg";
        return new()
        {
            Id = spec.Id,
            Command = command,
            ReadOnlyFiles =
            [
                spec.Kernel, spec.Initramfs, paths.Token, spec.Root.Path, .. spec.Root.Extents,
                .. hasNetwork && File.Exists(ResolverConfiguration) ? [ResolverConfiguration] : Array.Empty<string>(),
            ],
            WritableFiles = WritableFiles(spec, paths),
            Devices = isEmulated ? [] : [Kvm],
            SharesNetwork = hasNetwork,
            User = user,
            Limits = LimitsOf(spec, accelerator),
        };
    }

    /// <summary>Bytes that no file of it may grow over; the guest's memory is one where it is shared.</summary>
    public static long LongestFile(VmSpec spec) =>
        Math.Max(new FileInfo(spec.Scratch.Path).Length, spec.Shares.Count > 0 ? spec.Memory : 0);

    public static GroupLimits LimitsOf(VmSpec spec, string accelerator) => new(
        spec.Memory + Overhead + (spec.Shares.Count > 0 ? ShareServer.Memory : 0) + (accelerator == "tcg" ? TranslationBuffer : 0), spec.VCpus + Threads + (spec.Shares.Count > 0 ? ShareServer.Threads : 0), spec.CpuQuota ?? spec.VCpus + 1);

    private static string[] WritableFiles(VmSpec spec, VmPaths paths) =>
        [spec.Scratch.Path, paths.ConsoleOutput, paths.ConsoleInput, .. spec.Shares.Count > 0 ? [paths.Shares] : Array.Empty<string>()];
}
