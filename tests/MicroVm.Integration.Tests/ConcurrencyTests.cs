using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Many clients at once: all of them get what they asked for, and when they have gone nothing is left.</summary>
public sealed class ConcurrencyTests(DaemonFixture fixture) : IAsyncLifetime
{
    private const int Clients = 50;

    private Daemon? _daemon;

    private Daemon Daemon => _daemon!;

    public async ValueTask InitializeAsync()
    {
        // So many boot at once on two processors that each takes its time.
        _daemon = await Daemon.StartAsync($$"""{"registry-mirrors": ["http://{{fixture.Registry.Address}}"], "boot-timeout": 900}""");
        await Daemon.LoadBusyboxAsync();
        await LiveAsync("first");
    }

    public ValueTask DisposeAsync() => Daemon.DisposeAsync();

    [Fact]
    public async Task FiftyLivesAtOnce()
    {
        var before = Footprint.Of(Daemon);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => LiveAsync($"box-{client}")));
        await before.UnchangedAsync();
    }

    /// <summary>One container from its making to its removal, with an exec in between, by one client or the other.</summary>
    private async Task LiveAsync(string name)
    {
        string client = name[^1] % 2 == 0 ? "mvm" : "docker";
        await DoAsync(client, "create", "--name", name, "--network", "none", "-m", "64m", "busybox", "sleep", "100000");
        await DoAsync(client, "start", name);
        Assert.Equal(name, await DoAsync(client, "exec", name, "echo", name));
        await DoAsync(client, "rm", "-f", name);
    }

    private async Task<string> DoAsync(string client, params string[] arguments) => (await Daemon.ClientAsync(client, arguments)).Succeeded();
}
