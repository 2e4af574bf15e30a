namespace MicroVm.Hypervisor;

/// <summary>The drivers of one host: each VM has its own, by name; the first is what one without gets.</summary>
public sealed class HypervisorDrivers(params IReadOnlyList<(string Name, IHypervisor Driver)> drivers) : IHypervisor, IDisposable
{
    public HypervisorInfo Info => drivers[0].Driver.Info;

    public Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken) => Of(spec).StartAsync(spec, cancellationToken);

    public Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken) => Of(spec).AdoptAsync(spec, cancellationToken);

    public void Expect(string kernel, string initramfs, int vcpus, long memory) => drivers[0].Driver.Expect(kernel, initramfs, vcpus, memory);

    /// <summary>Lets the VMs go: they run on.</summary>
    public void Dispose()
    {
        foreach (IDisposable driver in drivers.Select(d => d.Driver).OfType<IDisposable>())
        {
            driver.Dispose();
        }
    }

    private IHypervisor Of(VmSpec spec) =>
        drivers.FirstOrDefault(d => string.IsNullOrEmpty(spec.Driver) || d.Name == spec.Driver).Driver ?? throw new HypervisorException($"there is no hypervisor driver '{spec.Driver}'");
}
