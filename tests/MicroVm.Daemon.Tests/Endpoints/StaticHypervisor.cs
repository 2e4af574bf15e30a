using MicroVm.Hypervisor;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>Says what it is and starts nothing.</summary>
internal sealed class StaticHypervisor : IHypervisor
{
    public HypervisorInfo Info { get; } = new("qemu", "tcg", "no /dev/kvm", "virtio-serial", "7.2.22");

    public Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken) =>
        throw new HypervisorException("cannot start: no VMM in this test");

    public Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken) =>
        Task.FromResult<IVirtualMachine?>(null);
}
