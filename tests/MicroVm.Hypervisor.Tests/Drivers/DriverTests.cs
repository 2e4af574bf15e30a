using System.Security.Cryptography;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Tests.Drivers;

/// <summary>What every driver keeps: the same cases, with real VMs under emulation.</summary>
public abstract class DriverTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-drv").FullName;

    /// <summary>As a daemon that starts has it.</summary>
    protected abstract IHypervisor Hypervisor { get; }

    protected string Id { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    private protected TestGuest Guest => new(_directory);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task AVmRunsAndItsConsoleIsKept()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        Assert.Equal(Id, machine.Id);
        Assert.True(File.Exists($"/proc/{machine.ProcessId}/stat"));
        await UpAsync(spec);
        await ContainsAsync($"/proc/{machine.ProcessId}/cgroup", $"/mvm/{Id}");
        await machine.KillAsync().WaitAsync(s_limit, Token);
    }

    [Fact]
    public async Task AGuestThatEndsIsTold()
    {
        VmSpec spec = await Guest.SpecAsync(Id, ends: true);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, Token);
        Assert.Equal(new VmExit(0, "guest stopped"), exit);
        Assert.Contains(TestGuest.Greeting, await File.ReadAllTextAsync(spec.ConsoleLog, Token), StringComparison.Ordinal);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task AGuestThatPanicsSaysWhy()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await File.WriteAllBytesAsync(spec.Initramfs, new byte[512], Token);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, Token);
        Assert.StartsWith("Kernel panic", exit.Reason, StringComparison.Ordinal);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task AKilledVmIsGoneAndLeavesNothing()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        await machine.KillAsync().WaitAsync(s_limit, Token);
        await machine.KillAsync().WaitAsync(s_limit, Token);
        Assert.Equal(new VmExit(137, "VMM killed by signal 9"), await machine.Exited);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task AKilledVmStartsAgainAtOnce()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        for (int start = 0; start < 2; start++)
        {
            await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
            await machine.KillAsync().WaitAsync(s_limit, Token);
        }

        await GoneAsync(spec);
    }

    [Fact]
    public async Task AVmmThatCrashesIsTold()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        await UpAsync(spec);
        using (PidFd process = PidFd.Open(machine.ProcessId))
        {
            process.Signal(9); // The first process of a namespace takes no other from outside.
        }

        VmExit exit = await machine.Exited.WaitAsync(s_limit, Token);
        Assert.NotEqual(0, exit.ExitCode);
        Assert.Contains("VMM", exit.Reason, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HypervisorException>(() => machine.ConnectAgentAsync(Token));
        await GoneAsync(spec);
    }

    [Fact]
    public async Task APausedVmDoesNothingUntilItIsResumed()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        await UpAsync(spec);
        await machine.PauseAsync(Token);
        await machine.PauseAsync(Token);
        await machine.ResumeAsync(Token);
        await machine.KillAsync().WaitAsync(s_limit, Token);
        await Assert.ThrowsAsync<HypervisorException>(() => machine.PauseAsync(Token));
    }

    [Fact]
    public async Task AVmOutlivesItsHandleAndIsFoundAgain()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        int pid;
        await using (IVirtualMachine first = await Hypervisor.StartAsync(spec, Token))
        {
            pid = first.ProcessId;
            await UpAsync(spec);
        }

        await using IVirtualMachine? second = await Hypervisor.AdoptAsync(spec, Token);
        Assert.Equal(pid, second!.ProcessId);
        await using (Stream channel = await second.ConnectAgentAsync(Token))
        {
            Assert.True(channel.CanWrite);
        }

        await second.PauseAsync(Token);
        await second.ResumeAsync(Token);
        await second.KillAsync().WaitAsync(s_limit, Token);
        Assert.Null(await Hypervisor.AdoptAsync(spec, Token));
        await GoneAsync(spec);
    }

    [Fact]
    public async Task AVmThatEndedUnseenLeavesNothing()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
        await machine.DisposeAsync();
        string process = await File.ReadAllTextAsync(Path.Combine(spec.RuntimeDirectory, "process"), Token);
        await machine.KillAsync().WaitAsync(s_limit, Token);
        await File.WriteAllTextAsync(Path.Combine(spec.RuntimeDirectory, "process"), process, Token);
        await File.WriteAllTextAsync(Path.Combine(spec.RuntimeDirectory, "token"), "", Token);
        Assert.Null(await Hypervisor.AdoptAsync(spec, Token));
        await GoneAsync(spec);
    }

    [Fact]
    public async Task WhatQemuRefusesIsSaidInOneLine()
    {
        VmSpec spec = await Guest.SpecAsync(Id);
        spec = spec with { Root = spec.Root with { Path = "/nowhere/disk" } };
        string reason;
        try
        {
            await using IVirtualMachine machine = await Hypervisor.StartAsync(spec, Token);
            reason = (await machine.Exited.WaitAsync(s_limit, Token)).Reason;
        }
        catch (HypervisorException e)
        {
            reason = e.Message;
        }

        Assert.Contains("/nowhere/disk", reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason);
        await GoneAsync(spec);
    }

    [Fact]
    public async Task AMissingKernelIsNamedAndNothingStarts()
    {
        VmSpec spec = await Guest.SpecAsync(Id) with { Kernel = "/nowhere/vmlinux" };
        var error = await Assert.ThrowsAsync<HypervisorException>(() => Hypervisor.StartAsync(spec, Token));
        Assert.Contains("'/nowhere/vmlinux' does not exist", error.Message, StringComparison.Ordinal);
        await GoneAsync(spec);
    }

    /// <summary>Nothing of the VM is left, in the host or with who started it.</summary>
    protected virtual Task GoneAsync(VmSpec spec)
    {
        Assert.Empty(Directory.GetFiles(spec.RuntimeDirectory));
        return Task.CompletedTask;
    }

    protected static Task UpAsync(VmSpec spec) => ContainsAsync(spec.ConsoleLog, TestGuest.Greeting);

    private static async Task ContainsAsync(string file, string text)
    {
        using var limit = new CancellationTokenSource(s_limit);
        while (!(await File.ReadAllTextAsync(file, limit.Token)).Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
