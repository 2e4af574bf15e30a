using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests.Jail;

public sealed class QemuJailTests : JailTests
{
    protected override Task<IHypervisor> OpenAsync() => Task.FromResult<IHypervisor>(new QemuHypervisor(TestHost.Options));

    protected override IReadOnlyList<string> OwnNamespaces => [.. base.OwnNamespaces, "pid"];

    [Fact]
    public void ItIsTheFirstProcessOfItsNamespace() => Assert.Equal("1", Status()["NSpid"].Split('\t')[^1]);

    [Fact]
    public async Task ItsGuardEndsWithIt()
    {
        string guard = Status()["PPid"];
        await Machine.KillAsync();
        Assert.False(Directory.Exists($"/proc/{guard}"));
    }

    [Fact]
    public async Task AVmThatNoDaemonWroteDownIsEnded()
    {
        File.Delete(Path.Combine(Spec.RuntimeDirectory, "process"));
        Assert.Null(await new QemuHypervisor(TestHost.Options).AdoptAsync(Spec, TestContext.Current.CancellationToken));
        VmExit exit = await Machine.Exited.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal("VMM killed by signal 9", exit.Reason);
    }
}
