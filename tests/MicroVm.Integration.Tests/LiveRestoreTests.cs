using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>A daemon that is killed again and again, at any moment and under load: what runs runs on, and nothing is half there.</summary>
public sealed class LiveRestoreTests(DaemonFixture fixture) : IAsyncLifetime
{
    private const int Kills = 200;

    private readonly Random _random = new(20_231);
    private Daemon? _daemon;
    private volatile bool _isOver;

    private Daemon Daemon => _daemon!;

    public async ValueTask InitializeAsync()
    {
        _daemon = await Daemon.StartAsync($$"""{"registry-mirrors": ["http://{{fixture.Registry.Address}}"]}""");
        await Daemon.LoadBusyboxAsync();
    }

    public ValueTask DisposeAsync() => Daemon.DisposeAsync();

    [Fact]
    public async Task KillsAtAnyMomentLoseNothing()
    {
        string counter = await RunAsync("--name", "counter", "--", "sh", "-c", "i=0; while echo $((i=i+1)); do usleep 5000; done");
        string well = await RunAsync("--name", "well", "--restart", "always", "--health-cmd", "true", "--health-interval", "200ms", "--", "sleep", "100000");
        string[] vms = [.. Pids()];
        Task[] load = [.. Enumerable.Range(0, 2).Select(LoadAsync)];
        for (int kill = 0; kill < Kills; kill++)
        {
            await Task.Delay(_random.Next(250));
            await Daemon.KillAsync();
            await Daemon.RestartAsync();
        }

        _isOver = true;
        await Task.WhenAll(load);
        Assert.Subset(Pids().ToHashSet(), vms.ToHashSet());
        Assert.Equal("running 0 healthy", await InspectAsync(well, "{{.State.Status}} {{.RestartCount}} {{.State.Health.Status}}"));
        Assert.Equal("/counter", await InspectAsync(counter, "{{.Name}}"));
        (await Daemon.MvmAsync("exec", "well", "true")).Succeeded();
        await LogIsWholeAsync(counter);
        await NothingIsHalfThereAsync();
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
        string[] listed = (await Daemon.MvmAsync("ps", "-aq", "--no-trunc")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(listed.Order(), Directory.GetDirectories(Path.Combine(Daemon.Root, "containers")).Select(d => Path.GetFileName(d)).Order());
        (await Daemon.MvmAsync(["rm", "-f", .. listed])).Succeeded();
        foreach (string place in new[] { "containers", "trash" })
        {
            Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Daemon.Root, place)));
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(Daemon.RunDirectory, "vms")));
        Assert.Empty(Daemon.VmmProcesses());
    }

    /// <summary>Clients that do what clients do. The daemon's death fails them; they must end, though, and in words.</summary>
    private async Task LoadAsync(int worker)
    {
        for (int round = 0; !_isOver; round++)
        {
            string name = $"load-{worker}-{round}";
            string[][] commands =
            [
                ["create", "--name", name, "--network", "none", "busybox", "true"],
                ["run", "--rm", "--network", "none", "busybox", "echo", name],
                ["exec", "well", "echo", name],
                ["rename", $"load-{worker}-{round - 3}", $"load-{worker}-{round - 3}-b"],
                ["rm", "-f", $"load-{worker}-{round - 4}-b"],
                ["ps", "-a"],
            ];
            CommandResult result = await Daemon.MvmAsync(commands[round % commands.Length]);
            Assert.DoesNotContain("   at ", result.ErrorText, StringComparison.Ordinal);
            Assert.True(result.ExitCode == 0 || result.ErrorText.Length > 0, $"exit code {result.ExitCode} without a word");
            await Task.Delay(result.ExitCode == 0 ? 0 : 50);
        }
    }

    private IEnumerable<string> Pids() => Daemon.VmmProcesses().Select(pid => pid.ToString(CultureInfo.InvariantCulture));

    private async Task<string> RunAsync(params string[] arguments)
    {
        int command = Array.IndexOf(arguments, "--");
        return (await Daemon.MvmAsync(["run", "-d", "--network", "none", .. arguments[..command], "busybox", .. arguments[(command + 1)..]])).Succeeded();
    }

    private async Task<string> InspectAsync(string id, string format) => (await Daemon.MvmAsync("inspect", "-f", format, id)).Succeeded();
}
