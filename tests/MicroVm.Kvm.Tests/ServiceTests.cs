using System.Diagnostics;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>VMs outlive the daemon, however systemd or anything else ends it.</summary>
public sealed class ServiceTests
{
    private const string Count = "i=0; while :; do i=$((i+1)); echo line $i; usleep 20000; done";

    [Fact]
    public async Task AKilledDaemonIsBackAndItsContainersNeverStopped()
    {
        await using Container container = await Container.StartAsync("sh", "-c", Count);
        await container.WaitForLogAsync("line 10\n");
        (int daemon, int vmm) = (await InstalledHost.DaemonPidAsync(), await container.PidAsync());
        (await InstalledHost.SystemctlAsync("kill", "-s", "KILL", "--kill-who=main", "mvmd")).Succeeded();
        await Eventually.IsTrueAsync(async () => await InstalledHost.DaemonPidAsync() is var pid && pid != 0 && pid != daemon, "systemd did not restart mvmd");
        await IsAliveAsync(container, vmm);
    }

    [Fact]
    public async Task ARestartOfTheServiceLeavesContainersRunning()
    {
        await using Container container = await Container.StartAsync("sh", "-c", Count);
        int vmm = await container.PidAsync();
        (await InstalledHost.SystemctlAsync("restart", "mvmd")).Succeeded();
        await IsAliveAsync(container, vmm);
    }

    [Fact]
    public async Task AStoppedServiceLeavesContainersRunningAndFindsThemAgain()
    {
        await using Container container = await Container.StartAsync("sh", "-c", Count);
        int vmm = await container.PidAsync();
        (await InstalledHost.SystemctlAsync("stop", "mvmd")).Succeeded();
        Assert.Equal("inactive", (await InstalledHost.SystemctlAsync("show", "-P", "ActiveState", "mvmd")).Succeeded());
        Assert.Contains(vmm, InstalledHost.VmmProcesses().Keys);
        (await InstalledHost.SystemctlAsync("start", "mvmd")).Succeeded();
        await IsAliveAsync(container, vmm);
    }

    [Fact]
    public async Task AContainerThatEndsWithoutADaemonIsKnownToHaveEnded()
    {
        await using Container container = await Container.StartAsync("sh", "-c", "echo before; sleep 600");
        await container.WaitForLogAsync("before");
        int vmm = await container.PidAsync();
        (await InstalledHost.SystemctlAsync("stop", "mvmd")).Succeeded();
        using (Process process = Process.GetProcessById(vmm))
        {
            process.Kill();
        }

        (await InstalledHost.SystemctlAsync("start", "mvmd")).Succeeded();
        Assert.Equal("exited", await container.StatusAsync());
        Assert.Equal("before", await container.LogAsync());
    }

    [Fact]
    public async Task TheUnitIsAsSystemdWantsIt() =>
        Assert.Equal("", (await Command.RunAsync("systemd-analyze", ["verify", "/etc/systemd/system/mvmd.service"])).ErrorText);

    /// <summary>The same VM, still printing, each line once and in order.</summary>
    private static async Task IsAliveAsync(Container container, int vmm)
    {
        Assert.Equal("running", await container.StatusAsync());
        Assert.Equal(vmm, await container.PidAsync());
        string[] before = (await container.LogAsync()).Split('\n');
        await Eventually.IsTrueAsync(async () => (await container.LogAsync()).Split('\n').Length > before.Length + 50, "no more output");
        (await InstalledHost.MvmAsync("stop", "-t", "0", container.Id)).Succeeded();
        string[] lines = (await container.LogAsync()).Split('\n');
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"line {i}"), lines);
    }
}
