using System.Diagnostics;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>VMs outlive the daemon, however systemd or anything else ends it.</summary>
public sealed class ServiceTests
{
    private const string Count = "i=0; while :; do i=$((i+1)); echo line $i; usleep 100000; done";

    [Fact]
    public async Task AContainerOutlivesADaemonThatIsKilledRestartedAndStopped()
    {
        await using Container container = await Container.StartAsync("sh", "-c", Count);
        int vmm = await container.PidAsync();
        await GoesOnAsync(container, vmm);

        int daemon = await InstalledHost.DaemonPidAsync();
        (await InstalledHost.SystemctlAsync("kill", "-s", "KILL", "--kill-who=main", "mvmd")).Succeeded();
        await Eventually.IsTrueAsync(async () => await InstalledHost.DaemonPidAsync() is var pid && pid != 0 && pid != daemon, "systemd did not restart mvmd");
        await GoesOnAsync(container, vmm);

        (await InstalledHost.SystemctlAsync("restart", "mvmd")).Succeeded();
        await GoesOnAsync(container, vmm);

        (await InstalledHost.SystemctlAsync("stop", "mvmd")).Succeeded();
        Assert.Equal("inactive", await ServiceStateAsync());
        Assert.Contains(vmm, VmmProcess.All().Keys);

        // A client finds no daemon: it is systemd that starts one.
        Assert.Equal(container.Id, (await InstalledHost.MvmAsync("ps", "-q", "--no-trunc")).Succeeded());
        Assert.Equal("active", await ServiceStateAsync());
        await GoesOnAsync(container, vmm);

        (await InstalledHost.MvmAsync("stop", "-t", "0", container.Id)).Succeeded();
        string[] lines = (await container.LogAsync()).TrimEnd('\n').Split('\n');
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"line {i}"), lines);
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
        Assert.Equal("before\n", await container.LogAsync());
    }

    [Fact]
    public async Task TheUnitIsAsSystemdWantsIt() =>
        Assert.Equal("", (await Command.RunAsync("systemd-analyze", ["verify", "/etc/systemd/system/mvmd.service"])).ErrorText);

    private static async Task<string> ServiceStateAsync() =>
        (await InstalledHost.SystemctlAsync("show", "-P", "ActiveState", "mvmd")).Succeeded();

    /// <summary>The same VM, still printing.</summary>
    private static async Task GoesOnAsync(Container container, int vmm)
    {
        Assert.Equal("running", await Eventually.SucceedsAsync(container.StatusAsync));
        Assert.Equal(vmm, await container.PidAsync());
        int length = (await container.LogAsync()).Length;
        await Eventually.IsTrueAsync(async () => (await container.LogAsync()).Length > length + 100, "no more output");
    }
}
