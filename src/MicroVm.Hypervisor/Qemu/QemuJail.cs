using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Shares;
using MicroVm.Hypervisor.Templates;

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

    /// <summary>Where a VMM that has a template's memory sees its descriptors.</summary>
    public const string Descriptors = "/descriptors";

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

    /// <param name="isRestored">It is made of a template.</param>
    public static JailSpec Of(VmSpec spec, IReadOnlyList<string> command, VmPaths paths, uint? user, string accelerator, bool isRestored)
    {
        bool hasNetwork = spec.Networks.Any(network => network.Tap is null);
        bool isEmulated = accelerator == "tcg";
        return new()
        {
            Id = spec.Id,
            Command = command,
            ReadOnlyFiles =
            [
                .. isRestored ? Array.Empty<string>() : [spec.Kernel, spec.Initramfs], paths.Token, spec.Root.Path, .. spec.Root.Extents,
                .. hasNetwork && File.Exists(ResolverConfiguration) ? [ResolverConfiguration] : Array.Empty<string>(),
            ],
            WritableFiles = WritableFiles(spec, paths),
            Devices = isEmulated ? [] : [Kvm],
            Descriptors = isRestored ? Descriptors : null,
            SharesNetwork = hasNetwork,
            User = user,
            Limits = LimitsOf(spec, accelerator),
        };
    }

    /// <param name="token">A file that it reads.</param>
    /// <param name="state">The socket that it sends its state to.</param>
    public static JailSpec OfTemplate(
        TemplateShape shape, string id, IReadOnlyList<string> command, string token, string state, uint? user, string accelerator) => new()
        {
            Id = id,
            Command = command,
            ReadOnlyFiles = [shape.Kernel.Path, shape.Initramfs.Path, token],
            WritableFiles = [state],
            Devices = accelerator == "tcg" ? [] : [Kvm],
            Descriptors = Descriptors,
            SharesNetwork = false,
            User = user,
            Limits = new(MemoryOf(shape.Memory, accelerator), shape.VCpus + Threads, shape.VCpus + 1),
        };

    private static long MemoryOf(long guest, string accelerator) => guest + Overhead + (accelerator == "tcg" ? TranslationBuffer : 0);

    /// <summary>Bytes that no file of it may grow over; the guest's memory is one where it is shared.</summary>
    public static long LongestFile(VmSpec spec) =>
        Math.Max(new FileInfo(spec.Scratch.Path).Length, spec.Shares.Count > 0 ? spec.Memory : 0);

    public static GroupLimits LimitsOf(VmSpec spec, string accelerator) => new(
        MemoryOf(spec.Memory, accelerator) + (spec.Shares.Count > 0 ? ShareServer.Memory : 0), spec.VCpus + Threads + (spec.Shares.Count > 0 ? ShareServer.Threads : 0), spec.CpuQuota ?? spec.VCpus + 1);

    private static string[] WritableFiles(VmSpec spec, VmPaths paths) =>
        [spec.Scratch.Path, paths.ConsoleOutput, paths.ConsoleInput, .. spec.Shares.Count > 0 ? [paths.Shares] : Array.Empty<string>()];
}
