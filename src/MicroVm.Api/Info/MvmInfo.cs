namespace MicroVm.Api.Info;

/// <summary>The virtual machine monitor, in <see cref="SystemInfo"/>.</summary>
/// <param name="Hypervisor">qemu or libvirt.</param>
/// <param name="HypervisorVersion">The VMM's own version.</param>
/// <param name="Accelerator">kvm or tcg.</param>
/// <param name="AcceleratorReason">Why not kvm, one line; empty with kvm.</param>
/// <param name="Transport">vsock or virtio-serial.</param>
public sealed record MvmInfo(
    string Hypervisor, string HypervisorVersion, string Accelerator, string AcceleratorReason, string Transport);
