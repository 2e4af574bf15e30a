using System.Globalization;
using MicroVm.Hypervisor.Shares;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>The arguments of one QEMU process (qemu-system-x86_64(1)).</summary>
internal static partial class QemuCommandLine
{
    /// <summary>Descriptors that the process is started with.</summary>
    public const int MonitorFd = 3;

    public const int ChannelFd = 4;

    /// <summary>Of the first interface that has a tap; the next ones follow.</summary>
    public const int FirstTapFd = 5;

    // Requests under way: the most that the device takes.
    private const string ShareQueue = "1024";

    // QEMU emulates `rep movsb` a byte at a time: without ERMS the kernel copies words (boot −10 %, streams twice as fast).
    private const string EmulatedCpu = "max,-erms";

    public static IReadOnlyList<string> Build(VmSpec spec, HypervisorInfo host, VmPaths paths, uint? vsockCid, uint? tscKilohertz) =>
    [
        .. Confined($"mvm-{spec.Id[..Math.Min(12, spec.Id.Length)]}"),
        .. Board(spec.VCpus, spec.Memory, host),
        .. Boot(spec.Kernel, spec.Initramfs, KernelCommandLine.Build(host.Accelerator, spec.VCpus, tscKilohertz)),
        .. spec.Shares.Count > 0 ? SharedMemory(spec.Memory) : [],
        .. Monitor(),
        .. Devices(spec, paths, Channel(vsockCid, ChannelFd), TapFds(spec)),
    ];

    private static string[] Token(string path) => ["-fw_cfg", $"name=opt/mvm/token,file={Escape(path)}"];

    private static string[] Confined(string name) =>
        ["-name", name, "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"];

    private static string[] Monitor() =>
        ["-chardev", $"socket,id=monitor,fd={Number(MonitorFd)},server=on,wait=off", "-mon", "chardev=monitor,mode=control"];

    /// <summary>The taps' descriptors where nothing else says which they are.</summary>
    public static IReadOnlyList<int> TapFds(VmSpec spec) => [.. Enumerable.Range(FirstTapFd, spec.Networks.Count(n => n.Tap is not null))];

    /// <summary>What is the same whoever starts the VM: its token, console, channel, disks and networks.</summary>
    /// <param name="channel">See <see cref="Channel"/>.</param>
    /// <param name="taps">Descriptors, one for each interface that has a tap.</param>
    public static IReadOnlyList<string> Devices(VmSpec spec, VmPaths paths, IReadOnlyList<string> channel, IReadOnlyList<int> taps) =>
    [
        "-global", "virtio-mmio.force-legacy=false",
        .. Token(paths.Token),
        "-chardev", $"pipe,id=console,path={Escape(paths.Console)}",
        "-serial", "chardev:console",
        .. channel,
        .. Disk(spec.Root, "root", Slot.Root),
        .. Disk(spec.Scratch, "scratch", Slot.Scratch),
        .. spec.Networks.Zip(Backends(spec, taps)).SelectMany((network, index) => Network(network.First, network.Second, index)),
        .. spec.Shares.Count > 0 ? Shares(paths) : [],
    ];

    /// <summary>The same board and kernel with no device but a console that nobody reads: what a start costs at least.</summary>
    /// <param name="memory">Bytes, a multiple of 1 MiB.</param>
    public static IReadOnlyList<string> BuildBare(
        string kernel, string initramfs, int vcpus, long memory, HypervisorInfo host, uint? tscKilohertz) =>
        [.. Board(vcpus, memory, host), .. Boot(kernel, initramfs, KernelCommandLine.Build(host.Accelerator, vcpus, tscKilohertz)), "-serial", "null"];

    private static string[] Board(int vcpus, long memory, HypervisorInfo host) =>
    [
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        .. Machine(host),
        "-smp", Number(vcpus),
        "-m", Number(memory >> 20),
    ];

    private static string[] Boot(string kernel, string initramfs, string commandLine) => ["-kernel", kernel, "-initrd", initramfs, "-append", commandLine];

    private static string[] Machine(HypervisorInfo host) =>
        ["-M", "microvm," + BoardOptions(host), "-accel", host.Accelerator == "kvm" ? "kvm" : "tcg,thread=multi", "-cpu", Cpu(host)];

    /// <summary>Of the microvm board: eight slots, and no clocks but those that the guest needs.</summary>
    public static string BoardOptions(HypervisorInfo host) =>
        "acpi=off,auto-kernel-cmdline=off,x-option-roms=off,rtc=on,isa-serial=on," + (host.Accelerator == "kvm" ? "pit=off,pic=off" : "pit=on,pic=on");

    public static string Cpu(HypervisorInfo host) => host.Accelerator == "kvm" ? "host" : EmulatedCpu;

    /// <param name="vsockCid">Null: a virtio-serial port.</param>
    /// <param name="fd">The device that has this CID, or the socket where the port listens.</param>
    public static string[] Channel(uint? vsockCid, int fd) => vsockCid is { } cid
        ? ["-device", $"vhost-vsock-device,vhostfd={Number(fd)},guest-cid={Number(cid)},{Bus(Slot.Channel)}"]
        :
        [
            "-chardev", $"socket,id=agent,fd={Number(fd)},server=on,wait=off",
            "-device", $"virtio-serial-device,max_ports=2,{Bus(Slot.Channel)}",
            "-device", "virtserialport,chardev=agent,name=mvm.agent",
        ];

    private static string[] Disk(DiskSpec disk, string id, int slot)
    {
        // What dies with the VM need not survive the host's power: its flushes cost nothing.
        string cache = disk.ReadOnly ? "" : disk.Volatile ? ",cache=unsafe" : ",cache=writeback";
        string format = disk.Format == DiskFormat.Vmdk ? "vmdk" : "raw";
        string access = disk.ReadOnly ? ",readonly=on" : ",discard=unmap,detect-zeroes=off";

        // A full host disk is the guest's I/O error: QEMU would stop the VM, and nobody would know why it hangs.
        string errors = disk.ReadOnly ? "" : ",werror=report";
        return
        [
            "-drive", $"if=none,id={id},format={format},file={Escape(disk.Path)}{access}{cache}",
            "-device", $"virtio-blk-device,drive={id}{errors},{Bus(slot)}",
        ];
    }

    /// <summary>Of each interface. A tap is given by descriptor: the VMM may open none.</summary>
    /// <param name="taps">Descriptors, one for each interface that has a tap.</param>
    public static IReadOnlyList<string> Backends(VmSpec spec, IReadOnlyList<int> taps)
    {
        int used = 0;
        return [.. spec.Networks.Select((network, index) => network.Tap is null ? UserMode(network, index) : $"tap,id=net{index},fd={Number(taps[used++])}")];
    }

    private static string UserMode(NetworkSpec network, int index) => $"user,id=net{index}" + string.Concat(
        network.Ports.Select(p => $",hostfwd={p.Protocol}:{p.HostAddress}:{Number(p.HostPort)}-:{Number(p.GuestPort)}"));

    private static string[] Network(NetworkSpec network, string backend, int index)
    {
        string mac = string.Join(':', network.MacAddress.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
        return
        [
            "-netdev", backend,
            "-device", $"virtio-net-device,netdev=net{index},mac={mac},{Bus(Slot.FirstNetwork + index)}",
        ];
    }

    /// <summary>Files go from virtiofsd's memory to the guest's without QEMU. A VM without shares has neither: what virtiofsd knows can't be restored.</summary>
    private static string[] SharedMemory(long memory) =>
        ["-object", $"memory-backend-memfd,id=ram,size={Number(memory)},share=on", "-machine", "memory-backend=ram"];

    private static string[] Shares(VmPaths paths) =>
    [
        "-chardev", $"socket,id=shares,path={Escape(paths.Shares)}",
        "-device", $"vhost-user-fs-device,chardev=shares,tag={ShareServer.Tag},queue-size={ShareQueue},{Bus(Slot.Shares)}",
    ];

    private static string Bus(int slot) => $"bus=virtio-mmio-bus.{slot}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A comma ends an option's value unless it is doubled.</summary>
    public static string Escape(string path) => path.Replace(",", ",,", StringComparison.Ordinal);
}
