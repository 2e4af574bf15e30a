using System.Diagnostics;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>What becomes of execs when the daemon dies.</summary>
[Collection<OwnDaemonCollection>]
public sealed class ExecRecoveryTests(OwnDaemon own)
{
    private Daemon Daemon => own.Daemon;

    [Theory, CombinatorialClients]
    public async Task AClientIsToldAndItsProcessMeetsClosedPipesWhileADetachedOneRunsOn(string client)
    {
        (await Daemon.MvmAsync("run", "-d", "--name", "kept", "--network", "none", "busybox", "sleep", "1000")).Succeeded();
        (await Daemon.ClientAsync(client, ["exec", "-d", "kept", "sh", "-c", "echo $$ > /detached; exec sleep 1000"])).Succeeded();
        using Process attached = Daemon.Start(client, "exec", "kept", "sh", "-c", "echo $$ > /attached; echo ready; trap '' PIPE; while echo tick; do sleep 0.1; done; rm /attached");
        Assert.Equal("ready", await attached.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await Daemon.KillAsync();
        Assert.NotEqual(0, (await Command.FinishAsync(attached)).ExitCode);
        await Daemon.RestartAsync();
        string state = "while [ -e /attached ]; do sleep 0.1; done; kill -0 $(cat /detached) && echo runs";
        Assert.Equal("runs", (await Daemon.ClientAsync(client, ["exec", "kept", "sh", "-c", state])).Succeeded());
        (await Daemon.MvmAsync("rm", "-f", "kept")).Succeeded();
    }
}
