namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>A daemon with bridges, on a network of its own, with busybox in its store.</summary>
public sealed class NetworkedDaemon : IAsyncLifetime
{
    private TestNetwork? _network;
    private Daemon? _daemon;

    public Daemon Daemon => _daemon ?? throw new InvalidOperationException("not started");

    public TestNetwork Network => _network ?? throw new InvalidOperationException("not started");

    public async ValueTask InitializeAsync()
    {
        _network = await TestNetwork.StartAsync();
        _daemon = await Daemon.StartAsync("{}", _network.DaemonEnvironment);
        await _daemon.LoadBusyboxAsync();
    }

    /// <summary>A crash and a new start.</summary>
    public async Task RestartAsync()
    {
        await Daemon.KillAsync();
        await Daemon.RestartAsync(Network.DaemonEnvironment);
    }

    public async Task<string> MvmAsync(params string[] arguments) => (await Daemon.MvmAsync(arguments)).Succeeded();

    /// <summary>Runs a container in the background.</summary>
    public Task<string> RunAsync(string name, string[] options, params string[] command) =>
        MvmAsync(["run", "-d", "--name", name, .. options, "--", "busybox", .. command]);

    /// <summary>One that serves its name.</summary>
    public Task<string> ServeAsync(string name, params string[] options) =>
        RunAsync(name, options, "sh", "-c", $"mkdir /www && echo {name} > /www/index.html && exec httpd -f -p 80 -h /www");

    public Task<CommandResult> ExecAsync(string name, params string[] command) => Daemon.MvmAsync(["exec", name, .. command]);

    /// <summary>What a container gets from a server that may still be starting.</summary>
    public async Task<string> FetchAsync(string name, string url) => (await ExecAsync(
        name, "sh", "-c", $"for i in 1 2 3 4 5 6 7 8 9; do timeout 5 wget -q -O - {url} && exit 0; sleep 0.2; done; exit 1")).Succeeded();

    public async Task RemoveAllAsync()
    {
        string ids = await MvmAsync("ps", "-aq");
        if (ids.Length > 0)
        {
            await MvmAsync(["rm", "-f", .. ids.Split('\n')]);
        }

        await MvmAsync("network", "prune", "-f");
    }

    public async ValueTask DisposeAsync()
    {
        if (_daemon is not null)
        {
            await _daemon.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }
    }
}
