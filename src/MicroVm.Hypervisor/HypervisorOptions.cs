using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor;

/// <summary>How VMs are run on this host.</summary>
public sealed record HypervisorOptions
{
    /// <summary>A directory for what a driver keeps between VMs; made when needed.</summary>
    public required string Directory { get; init; }

    /// <summary>The QEMU binary; null: qemu-system-x86_64 on the PATH.</summary>
    public string? QemuPath { get; init; }

    /// <summary>kvm, tcg, or null: KVM where it works.</summary>
    public string? Accelerator { get; init; }

    public JailOptions Jail { get; init; } = new();
}
