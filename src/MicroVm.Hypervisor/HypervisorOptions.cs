namespace MicroVm.Hypervisor;

/// <summary>How VMs are run on this host.</summary>
public sealed record HypervisorOptions
{
    /// <summary>The QEMU binary; null: qemu-system-x86_64 on the PATH.</summary>
    public string? QemuPath { get; init; }

    /// <summary>kvm, tcg, or null: KVM where it works.</summary>
    public string? Accelerator { get; init; }
}
