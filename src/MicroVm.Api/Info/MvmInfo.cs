namespace MicroVm.Api.Info;

/// <summary>The virtual machine monitor, in <see cref="SystemInfo"/>.</summary>
/// <param name="Hypervisor">qemu or libvirt.</param>
/// <param name="HypervisorVersion">The VMM's own version.</param>
/// <param name="Accelerator">kvm or tcg.</param>
/// <param name="AcceleratorReason">Why not kvm, one line; empty with kvm.</param>
/// <param name="Transport">vsock or virtio-serial.</param>
/// <param name="Host">What this host has for VMs.</param>
public sealed record MvmInfo(
    string Hypervisor, string HypervisorVersion, string Accelerator, string AcceleratorReason, string Transport, IReadOnlyList<HostFeature> Host);

/// <param name="State">good, weaker or missing.</param>
/// <param name="Found">What there is, or why it does not work; one line.</param>
public sealed record HostFeature(string Name, string State, string Found);
