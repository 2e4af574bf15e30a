using System.Diagnostics;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>The VMs in which the files of stopped containers are reached: nothing of them stays, whatever comes between.</summary>
[Collection<OwnDaemonCollection>]
public sealed class OfflineVmTests(OwnDaemon own)
{
    private Daemon Daemon => own.Daemon;

    [Theory, CombinatorialClients]
    public async Task ACopyLeavesNothingButTheFile(string client)
    {
        (await Daemon.MvmAsync("create", "--name", "left", "--network", "none", "busybox", "true")).Succeeded();
        (await Daemon.ClientAsync(client, ["cp", "left:/etc/passwd", "-"])).Succeeded();
        await EndedAsync();
        (await Daemon.MvmAsync("rm", "left")).Succeeded();
    }

    [Fact]
    public async Task ADaemonThatIsKilledDuringACopyLeavesNothing()
    {
        (await Daemon.MvmAsync("create", "--name", "killed", "--network", "none", "busybox", "ls", "/root")).Succeeded();
        using Process copy = await BeginUploadAsync("killed");
        await Daemon.KillAsync();
        (await Command.FinishAsync(copy)).Failed(1, "");
        Assert.Single(Daemon.VmmProcesses());
        await Daemon.RestartAsync();
        Assert.Empty(Daemon.VmmProcesses());
        Assert.Empty(Directory.EnumerateDirectories(Path.Combine(Daemon.RunDirectory, "vms")));
        (await Daemon.MvmAsync("start", "-a", "killed")).Succeeded();
        (await Daemon.MvmAsync("rm", "killed")).Succeeded();
    }

    [Fact]
    public async Task ARemovalEndsACopy()
    {
        (await Daemon.MvmAsync("create", "--name", "removed", "--network", "none", "busybox", "true")).Succeeded();
        using Process copy = await BeginUploadAsync("removed");
        (await Daemon.MvmAsync("rm", "removed")).Succeeded();
        (await Command.FinishAsync(copy)).Failed(1, "");
        await EndedAsync();
    }

    [Fact]
    public async Task AClientThatLeavesEndsItsCopy()
    {
        (await Daemon.MvmAsync("create", "--name", "deserted", "--network", "none", "busybox", "true")).Succeeded();
        using Process copy = await BeginUploadAsync("deserted");
        copy.Kill();
        await EndedAsync();
        (await Daemon.MvmAsync("rm", "deserted")).Succeeded();
    }

    /// <summary>A copy that never ends, once the VM for it runs.</summary>
    private async Task<Process> BeginUploadAsync(string container)
    {
        Process copy = Daemon.Start("mvm", "cp", "-", container + ":/root");
        await copy.StandardInput.BaseStream.WriteAsync(new byte[100]);
        await copy.StandardInput.BaseStream.FlushAsync();
        for (int attempt = 0; Daemon.VmmProcesses().Count == 0; attempt++)
        {
            Assert.True(attempt < 1000, "no VM was started");
            await Task.Delay(20);
        }

        return copy;
    }

    private async Task EndedAsync()
    {
        for (int attempt = 0; Daemon.VmmProcesses().Count > 0 || Directory.EnumerateDirectories(Path.Combine(Daemon.RunDirectory, "vms")).Any(); attempt++)
        {
            Assert.True(attempt < 1000, "the VM did not end");
            await Task.Delay(20);
        }
    }
}
