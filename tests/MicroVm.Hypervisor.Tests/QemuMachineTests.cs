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
    public async Task AKilledVmIsGoneAndLeavesNothing()
    {
        VmSpec spec = await SpecAsync();
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        Assert.True(File.Exists($"/proc/{machine.ProcessId}/stat"));
        await machine.KillAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
        VmExit exit = await machine.Exited;
        Assert.Equal("VMM killed by signal 9", exit.Reason);
        Assert.Empty(Directory.GetFiles(spec.RuntimeDirectory));
    }

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
        string[] files = [.. Directory.GetFiles($"/proc/{machine.ProcessId}/fd").Select(f => File.ResolveLinkTarget(f, false)?.ToString() ?? "")];
        Assert.DoesNotContain(files, f => f.EndsWith(".dll", StringComparison.Ordinal) || f.Contains(".NET", StringComparison.Ordinal));
        await machine.KillAsync();
    }

    [Fact]
    public async Task AVmOutlivesItsHandleAndIsFoundAgain()
    {
        VmSpec spec = await SpecAsync();
        IVirtualMachine first = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        int pid = first.ProcessId;
        await first.DisposeAsync();
        await using IVirtualMachine? second = await _hypervisor.AdoptAsync(spec, TestContext.Current.CancellationToken);
        Assert.Equal(pid, second!.ProcessId);
        await second.PauseAsync(TestContext.Current.CancellationToken);
        await second.ResumeAsync(TestContext.Current.CancellationToken);
        await second.KillAsync().WaitAsync(s_limit, TestContext.Current.CancellationToken);
        await first.Exited.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.Null(await _hypervisor.AdoptAsync(spec, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AVmThatDiesAtBootSaysWhy()
    {
        string noInit = Path.Combine(_directory, "empty.cpio");
        await File.WriteAllBytesAsync(noInit, new byte[512], TestContext.Current.CancellationToken);
        VmSpec spec = await SpecAsync() with { Initramfs = noInit };
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.StartsWith("Kernel panic", exit.Reason, StringComparison.Ordinal);
        Assert.Contains("Kernel panic", await File.ReadAllTextAsync(spec.ConsoleLog, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatQemuRefusesIsItsLastLine()
    {
        VmSpec spec = await SpecAsync();
        spec = spec with { Root = spec.Root with { Format = DiskFormat.Vmdk } };
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        Assert.StartsWith("QEMU: ", exit.Reason, StringComparison.Ordinal);
        Assert.Contains("VMDK", exit.Reason, StringComparison.Ordinal);
    }

    private Task<VmSpec> SpecAsync() => TestHost.SpecAsync(_directory, "vm-b");
}
