using MicroVm.Hypervisor.Libvirt;
using MicroVm.Hypervisor.Qemu;

[assembly: AssemblyFixture(typeof(MicroVm.Hypervisor.Tests.Drivers.EmbeddedLibvirt))]

namespace MicroVm.Hypervisor.Tests.Drivers;

/// <summary>libvirt's driver in this process: one root for all tests, as it has one a process.</summary>
public sealed class EmbeddedLibvirt : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mvm-lv").FullName;

    public EmbeddedLibvirt()
    {
        Options = TestHost.Options with { Directory = _root };
        Hypervisor = new LibvirtHypervisor(Options, new QemuHypervisor(Options));
    }

    public HypervisorOptions Options { get; }

    public LibvirtHypervisor Hypervisor { get; }

    public string Uri => EmbeddedRoot.Prepare(Options.LibvirtRoot);

    public void Dispose()
    {
        Hypervisor.Dispose();
        Assert.True(SpinWait.SpinUntil(TryDelete, TimeSpan.FromMinutes(1)));
    }

    /// <summary>libvirt's threads tidy up after their domains, and write meanwhile.</summary>
    private bool TryDelete()
    {
        try
        {
            Directory.Delete(_root, recursive: true);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
