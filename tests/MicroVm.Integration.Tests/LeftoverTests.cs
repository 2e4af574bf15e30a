using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>What a client was told has ended has left nothing: on a daemon of its own, since other tests' VMs come and go.</summary>
[Collection<OwnDaemonCollection>]
public sealed class LeftoverTests(OwnDaemon own)
{
    private Daemon Daemon => own.Daemon;

    [Theory, CombinatorialClients]
    public Task ARemovedContainerLeavesNothing(string client) => own.LeavesNothingAsync(
        client, result => result.Succeeded(), "run", "--rm", "--network", "none", "busybox", "true");

    [Theory, CombinatorialClients]
    public Task AFailedStartLeavesNothing(string client) =>
        own.RefusedAsync(client, 127, "not found", "run", "--rm", "--network", "none", "busybox", "no-such-program");

    [Theory, CombinatorialClients]
    public async Task AContainerRemovedByForceLeavesNothing(string client)
    {
        var before = Footprint.Of(Daemon);
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "busybox", "sleep", "600"])).Succeeded();
        Assert.Single(Daemon.VmmProcesses());
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
        await before.UnchangedAsync();
    }
}
