namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>
/// A daemon for tests that run one after the other, with busybox in its store. It has run a VM once, well and badly, so that what it opens
/// at first use and keeps is open.
/// </summary>
public sealed class OwnDaemon(DaemonFixture fixture) : IAsyncLifetime
{
    private Daemon? _daemon;

    public Daemon Daemon => _daemon ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        _daemon = await Daemon.StartAsync($$"""{"registry-mirrors": ["http://{{fixture.Registry.Address}}"]}""");
        await Daemon.LoadBusyboxAsync();
        (await Daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "true")).Succeeded();
        (await Daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "no-such-program")).Failed(127, "not found");
    }

    /// <summary>The command ends as the check wants it, and nothing of it is left.</summary>
    public async Task LeavesNothingAsync(string client, Action<CommandResult> check, params string[] arguments)
    {
        var before = Footprint.Of(Daemon);
        check(await Daemon.ClientAsync(client, arguments));
        await before.UnchangedAsync();
    }

    /// <summary>The command fails with this code and a line that has the text; ours says no more. Nothing of it is left.</summary>
    public Task RefusedAsync(string client, int exitCode, string text, params string[] arguments) =>
        LeavesNothingAsync(client, result => result.Refused(client, exitCode, text), arguments);

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The test classes that share an <see cref="OwnDaemon"/>; none runs beside another.</summary>
[CollectionDefinition]
public sealed class OwnDaemonCollection : ICollectionFixture<OwnDaemon>;
