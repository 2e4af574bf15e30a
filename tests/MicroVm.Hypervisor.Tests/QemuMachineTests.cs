using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Tests;

/// <summary>Real VMs under emulation, with the guest kernel and agent that MVM_KERNEL and MVM_INITRAMFS name.</summary>
public sealed class QemuMachineTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-vm").FullName;
    private readonly QemuHypervisor _hypervisor = new(TestHost.Options);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task TheHostSacrificesAVmBeforeTheDaemon()
    {
        static int Score(string process) => int.Parse(File.ReadAllText($"/proc/{process}/oom_score_adj"), System.Globalization.CultureInfo.InvariantCulture);
        VmSpec spec = await SpecAsync();
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        Assert.True(Score($"{machine.ProcessId}") >= 0);
        Assert.True(Score($"{machine.ProcessId}") > Score("self") || Score("self") == 1000);
        await machine.KillAsync();
    }

    [Theory]
    [InlineData(-1000, 0)]
    [InlineData(-500, 0)]
    [InlineData(0, 100)]
    [InlineData(200, 300)]
    [InlineData(1000, 1000)]
    public void AProtectedDaemonsVmsAreNotProtected(int daemon, int vm) => Assert.Equal(vm, OutOfMemoryScore.ForVm(daemon));

    [Fact]
    public async Task TheVmmInheritsOnlyWhatItIsGiven()
    {
        VmSpec spec = await SpecAsync();
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        await using Stream channel = await machine.ConnectAgentAsync(TestContext.Current.CancellationToken);
        string[] files = [.. Directory.GetFiles($"/proc/{machine.ProcessId}/fd").Select(f => new FileInfo(f).LinkTarget ?? "")];
        Assert.DoesNotContain(files, f => f.EndsWith(".dll", StringComparison.Ordinal) || f.Contains(".NET", StringComparison.Ordinal));
        await machine.KillAsync();
    }

    private Task<VmSpec> SpecAsync() => TestHost.SpecAsync(_directory, "vm-b");
}
