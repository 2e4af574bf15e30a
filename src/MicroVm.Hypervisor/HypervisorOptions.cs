using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor;

/// <summary>How VMs are run on this host.</summary>
public sealed record HypervisorOptions
{
    /// <summary>A directory for what a driver keeps between VMs; made when needed.</summary>
    public required string Directory { get; init; }

    /// <summary>A directory for sockets, whose paths are bounded: it must be short. Made when needed.</summary>
    public string RunDirectory { get; init; } = "/run/mvm";

    /// <summary>The QEMU binary; null: qemu-system-x86_64 on the PATH.</summary>
    public string? QemuPath { get; init; }

    /// <summary>The virtiofsd binary; null: that of the distribution.</summary>
    public string? VirtiofsdPath { get; init; }

    /// <summary>Where the owners of a share's files can't be mapped, virtiofsd may be root over them; false: such a VM is refused.</summary>
    public bool PrivilegedShares { get; init; } = true;

    /// <summary>kvm, tcg, or null: KVM where it works.</summary>
    public string? Accelerator { get; init; }

    /// <summary>VMs have no taps, whatever the host allows.</summary>
    public bool UserNetworking { get; init; }

    /// <summary>VMs are restored from templates where that is possible; costs some 40 MiB for each shape that is in use, four at most.</summary>
    public bool WarmStart { get; init; }

    /// <summary>Is told, in one line each, what the driver does in the background.</summary>
    public Action<string> Report { get; init; } = _ => { };

    public JailOptions Jail { get; init; } = new();

    /// <summary>What libvirt is told is QEMU: mvm-emulator, beside the daemon.</summary>
    public string EmulatorPath { get; init; } = Path.Combine(AppContext.BaseDirectory, "mvm-emulator");

    /// <summary>Which libvirt; null: its driver in this process, with its root in <see cref="LibvirtRoot"/>.</summary>
    public string? LibvirtUri { get; init; }

    /// <summary>Directory of libvirt's driver in this process. Sockets lie in it: its path must be short.</summary>
    public string LibvirtRoot => Path.Combine(Directory, "libvirt");
}
