using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>What a client was told has ended has left nothing: on a daemon of its own, since other tests' VMs come and go.</summary>
public sealed class LeftoverTests(OwnDaemon own) : IClassFixture<OwnDaemon>
{
    private Daemon Daemon => own.Daemon;

    [Theory, CombinatorialClients]
    public Task ARemovedContainerLeavesNothing(string client) => LeavesNothingAsync(
        client, result => result.Succeeded(), "run", "--rm", "--network", "none", "busybox", "true");

    [Theory, CombinatorialClients]
    public Task AFailedStartLeavesNothing(string client) => LeavesNothingAsync(
        client, result => result.Failed(127, "not found"), "run", "--rm", "--network", "none", "busybox", "no-such-program");

    [Theory, CombinatorialClients]
    public async Task AContainerRemovedByForceLeavesNothing(string client)
    {
        var before = Footprint.Of(Daemon);
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "busybox", "sleep", "600"])).Succeeded();
        Assert.Single(Daemon.VmmProcesses());
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
        await before.UnchangedAsync();
    }

    private async Task LeavesNothingAsync(string client, Action<CommandResult> check, params string[] arguments)
    {
        var before = Footprint.Of(Daemon);
        check(await Daemon.ClientAsync(client, arguments));
        await before.UnchangedAsync();
    }
}
