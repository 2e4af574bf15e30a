namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>
/// A daemon for one test class alone, with busybox in its store. It has run a VM once, well and badly, so that what it opens
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

    public ValueTask DisposeAsync() => _daemon?.DisposeAsync() ?? ValueTask.CompletedTask;
}
