using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>A daemon that is killed again and again, at any moment and under load: what runs runs on, and nothing is half there.</summary>
public sealed class LiveRestoreTests : IAsyncLifetime
{
    private const int Kills = 200;
    private const string Published = "http://127.0.0.1:8080/";

    private readonly NetworkedDaemon _host = new();
    private readonly Random _random = new(20_231);
    private string _links = "";
    private string _rules = "";
    private volatile bool _isOver;

    private Daemon Daemon => _host.Daemon;

    public async ValueTask InitializeAsync()
    {
        await _host.InitializeAsync();

        // The default network has its bridge from its first container on.
        await _host.MvmAsync("run", "--rm", "busybox", "true");
        (_links, _rules) = (await _host.Network.LinksAsync(), await _host.Network.RulesAsync());
        await _host.MvmAsync("network", "create", "shop");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task KillsAtAnyMomentLoseNothing()
    {
        string[] kept = ["--restart", "always", "--health-cmd", "true", "--health-interval", "200ms"];
        string counter = await _host.RunAsync("counter", ["--network", "none"], "sh", "-c", "i=0; while echo $((i=i+1)); do usleep 5000; done");
        await _host.ServeAsync("web", ["--network", "shop", "-p", "8080:80", "-v", "data:/data", .. kept]);
        Assert.Equal("web", await _host.FetchAsync("web", "http://127.0.0.1/"));
        string place = await PlaceAsync();
        string[] vms = [.. Pids()];
        Task[] load = [.. Enumerable.Range(0, 2).Select(LoadAsync)];
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(_random.Next(250));
            await Daemon.KillAsync();
            await IsPublishedAsync(kill);
            await Daemon.RestartAsync(_host.Network.DaemonEnvironment);
        }

        _isOver = true;
        await Task.WhenAll(load);
        Assert.Subset(Pids().ToHashSet(), vms.ToHashSet());
        Assert.Equal("running 0 healthy", await InspectAsync("web", "{{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}"));
        Assert.Equal("/counter", await InspectAsync(counter, "{{.Name}}"));
        Assert.Equal(place, await PlaceAsync());
        await IsServedAsync();
        await LogIsWholeAsync(counter);
        await NothingIsHalfThereAsync();
    }

    /// <summary>Its addresses and published port are the host's, whether a daemon runs or not. Looked at now and then: it costs time.</summary>
    private async Task IsPublishedAsync(int kill)
    {
        if (kill % 10 == 0)
        {
            Assert.Equal("web", (await _host.Network.OnHostAsync("curl", "-s", "-m", "20", Published)).Succeeded());
        }
    }

    /// <summary>By its port, and to its neighbours by its name; its volume takes what it writes.</summary>
    private async Task IsServedAsync()
    {
        await IsPublishedAsync(0);
        await _host.RunAsync("client", ["--network", "shop"], "sleep", "100000");
        Assert.Equal("web", await _host.FetchAsync("client", "http://web/"));
        (await _host.ExecAsync("web", "sh", "-c", "echo kept > /data/file")).Succeeded();
        Assert.Equal("kept", await _host.MvmAsync("run", "--rm", "-v", "data:/data:ro", "busybox", "cat", "/data/file"));
    }

    /// <summary>Every number once, in order.</summary>
    private async Task LogIsWholeAsync(string counter)
    {
        (await Daemon.MvmAsync("stop", "-t", "0", counter)).Succeeded();
        string[] lines = (await Daemon.MvmAsync("logs", counter)).Succeeded().Split('\n');
        Assert.True(lines.Length > Kills, $"{lines.Length} lines");
        int wrong = Array.FindIndex([.. lines.Select((line, index) => line == $"{index + 1}")], isRight => !isRight);
        Assert.True(wrong < 0, $"line {wrong + 1} of {lines.Length}: {string.Join(' ', lines.Skip(Math.Max(0, wrong - 2)).Take(5))}");
    }

    /// <summary>What is listed can be removed, and then nothing is left of anything.</summary>
    private async Task NothingIsHalfThereAsync()
    {
        Assert.Equal(await ListAsync("ps", "-aq", "--no-trunc"), Directories("containers"));
        await _host.RemoveAllAsync();
        Assert.Equal(await ListAsync("volume", "ls", "-q"), Directories("volumes"));
        await _host.MvmAsync("volume", "prune", "-a", "-f");
        foreach (string place in new[] { "containers", "trash", "volumes" })
        {
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Daemon.Root, place)));
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Daemon.RunDirectory, "vms")));
        Assert.Empty(Daemon.VmmProcesses());
        Assert.Equal(_links, await _host.Network.LinksAsync());
        Assert.Equal(_rules, await _host.Network.RulesAsync());
    }

    private async Task<IEnumerable<string>> ListAsync(params string[] command) =>
        (await _host.MvmAsync(command)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal);

    private IEnumerable<string> Directories(string place) =>
        Directory.GetDirectories(Path.Combine(Daemon.Root, place)).Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal);

    /// <summary>Clients that do what clients do. The daemon's death fails them; they must end, though, and in words.</summary>
    private async Task LoadAsync(int worker)
    {
        for (int round = 0; !_isOver; round++)
        {
            string name = $"load-{worker}-{round}";
            string Earlier(int rounds) => $"load-{worker}-{round - rounds}";
            string[][] commands =
            [
                ["create", "--name", name, "--network", "shop", "-p", "80", "busybox", "true"],
                ["run", "--rm", "--network", "none", "busybox", "echo", name],
                ["exec", "web", "echo", name],
                ["rename", Earlier(3), Earlier(3) + "-b"],
                ["rm", "-f", Earlier(4) + "-b"],
                ["network", "create", name],
                ["run", "--rm", "--network", Earlier(1), "-p", "80", "busybox", "echo", name],
                ["volume", "create", name],
                ["run", "--rm", "-v", Earlier(1) + ":/data", "-v", "/more", "busybox", "echo", name],
                ["volume", "rm", Earlier(2)],
                ["network", "rm", Earlier(5)],
                ["ps", "-a"],
            ];
            CommandResult result = await Daemon.MvmAsync(commands[round % commands.Length]);
            Assert.DoesNotContain("   at ", result.ErrorText, StringComparison.Ordinal);
            Assert.True(result.ExitCode == 0 || result.ErrorText.Length > 0, $"exit code {result.ExitCode} without a word");
            await Task.Delay(result.ExitCode == 0 ? 0 : 50);
        }
    }

    private IEnumerable<string> Pids() => Daemon.VmmProcesses().Select(pid => pid.ToString(CultureInfo.InvariantCulture));

    /// <summary>Where the server is on its network.</summary>
    private Task<string> PlaceAsync() => InspectAsync("web", "{{json .NetworkSettings.Networks}} {{json .NetworkSettings.Ports}} {{json .Mounts}}");

    private Task<string> InspectAsync(string id, string format) => _host.MvmAsync("inspect", "-f", format, id);
}
