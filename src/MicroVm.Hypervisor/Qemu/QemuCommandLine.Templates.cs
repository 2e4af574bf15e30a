using MicroVm.Hypervisor.Templates;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>The arguments of a QEMU that makes a template, and of one that starts from it.</summary>
internal static partial class QemuCommandLine
{
    /// <summary>Of a template in the making: its guest's console. The monitor is as everywhere.</summary>
    public const int TemplateConsoleFd = 4;

    public const int TemplateMemoryFd = 5;

    /// <summary>A VM without devices whose memory is a file, which is all that is kept of it beside the state of its board.</summary>
    /// <param name="name">By which a daemon that comes later finds it.</param>
    /// <param name="token">A file as large as a token: the guest's kernel lists what there is once, and reads it later.</param>
    /// <param name="memory">Path by which QEMU opens its descriptor <see cref="TemplateMemoryFd"/>.</param>
    public static IReadOnlyList<string> BuildTemplate(
        TemplateShape shape, HypervisorInfo host, string name, string token, string memory, uint? tscKilohertz) =>
    [
        .. Confined(name),
        .. Board(shape.VCpus, shape.Memory, host),
        .. Boot(shape.Kernel.Path, shape.Initramfs.Path, KernelCommandLine.BuildTemplate(host.Accelerator, shape.VCpus, tscKilohertz)),
        .. Token(token),
        .. FileMemory(memory, shape.Memory, isShared: true),
        .. Monitor(),
        "-global", "virtio-mmio.force-legacy=false",
        "-chardev", $"socket,id=console,fd={Number(TemplateConsoleFd)},server=on,wait=off",
        "-serial", "chardev:console",
    ];

    /// <summary>A VM as <see cref="Build"/> makes it that waits for a template's state. It needs no kernel: that is in the memory.</summary>
    /// <param name="memory">Path by which QEMU opens its descriptor of the template's memory.</param>
    public static IReadOnlyList<string> BuildRestored(VmSpec spec, HypervisorInfo host, VmPaths paths, uint? vsockCid, string memory) =>
    [
        .. Confined($"mvm-{spec.Id[..Math.Min(12, spec.Id.Length)]}"),
        .. Board(spec.VCpus, spec.Memory, host),
        .. FileMemory(memory, spec.Memory, isShared: false),
        .. Monitor(),
        .. Devices(spec, paths, Channel(vsockCid, ChannelFd), TapFds(spec)),
        "-incoming", "defer",
    ];

    /// <summary>The descriptor of the template's memory in a VM that is made of it; that of its state is the next.</summary>
    public static int MemoryFd(VmSpec spec) => FirstTapFd + TapFds(spec).Count;

    private static string[] FileMemory(string path, long size, bool isShared) =>
    [
        "-object", $"memory-backend-file,id=ram,size={Number(size)},mem-path={Escape(path)},share={(isShared ? "on" : "off")}",
        "-machine", "memory-backend=ram",
    ];
}
