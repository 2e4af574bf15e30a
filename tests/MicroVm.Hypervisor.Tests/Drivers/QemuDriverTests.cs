using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests.Drivers;

public sealed class QemuDriverTests : DriverTests
{
    protected override IHypervisor Hypervisor { get; } = new QemuHypervisor(TestHost.Options);
}
