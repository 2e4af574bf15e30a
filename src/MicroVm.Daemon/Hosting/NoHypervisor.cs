using MicroVm.Hypervisor;

namespace MicroVm.Daemon.Hosting;

/// <summary>Stands where a driver is missing: images and containers can be managed, none can start.</summary>
internal sealed class NoHypervisor(string driver) : IHypervisor
{
    public HypervisorInfo Info { get; } = new(driver, "none", "the driver is not built in", "none", "");

    public Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken) =>
        throw new HypervisorException($"the {driver} driver is not built in");

    public Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken) =>
        Task.FromResult<IVirtualMachine?>(null);
}
