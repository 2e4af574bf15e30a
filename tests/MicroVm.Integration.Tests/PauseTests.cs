using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`pause` and `unpause` from both clients, over real VMs: nothing runs while the container is paused.</summary>
public sealed class PauseTests(DaemonFixture fixture)
{
    private const string Counting = "i=0; while true; do i=$((i+1)); echo $i; sleep 0.05; done";

    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task NothingRunsWhilePaused(string client)
    {
        string id = await RunAsync(Daemon, client);
        (await Daemon.ClientAsync(client, ["pause", id])).Succeeded();
        Assert.EndsWith("(Paused)", (await Daemon.ClientAsync(client, ["ps", "--filter", "id=" + id, "--format", "{{.Status}}"])).Succeeded(), StringComparison.Ordinal);
        Assert.Equal("paused true", (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.State.Status}} {{.State.Paused}}", id])).Succeeded());
        (await Daemon.ClientAsync(client, ["pause", id])).Failed(1, "already paused");
        await StandsStillAsync(Daemon, client, id);
        (await Daemon.ClientAsync(client, ["unpause", id])).Succeeded();
        await MovesOnAsync(Daemon, client, id);
        (await Daemon.ClientAsync(client, ["pause", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["stop", "-t", "1", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["unpause", id])).Failed(1, "not running");
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task AKillOfAPausedContainerEndsIt(string client)
    {
        string id = await RunAsync(Daemon, client);
        (await Daemon.ClientAsync(client, ["pause", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["kill", id])).Succeeded();
        Assert.Equal("137", (await Daemon.ClientAsync(client, ["wait", id])).Succeeded());
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    [Theory]
    [InlineData("qemu")]
    [InlineData("libvirt")]
    public async Task APauseOutlivesAKilledDaemon(string driver)
    {
        await using Daemon daemon = await Daemon.StartAsync($$"""{"driver": "{{driver}}"}""");
        await daemon.LoadBusyboxAsync();
        string id = await RunAsync(daemon, "mvm");
        (await daemon.MvmAsync("pause", id)).Succeeded();
        await daemon.KillAsync();
        await daemon.RestartAsync();
        await StandsStillAsync(daemon, "mvm", id);
        (await daemon.MvmAsync("unpause", id)).Succeeded();
        await MovesOnAsync(daemon, "mvm", id);
        string[] lines = await LogAsync(daemon, "mvm", id);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => i.ToString(CultureInfo.InvariantCulture)), lines);
        (await daemon.MvmAsync("rm", "-f", id)).Succeeded();
    }

    private static async Task<string> RunAsync(Daemon daemon, string client)
    {
        string id = (await daemon.ClientAsync(client, ["run", "-d", "--network", "none", "busybox", "sh", "-c", Counting])).Succeeded();
        await MovesOnAsync(daemon, client, id);
        return id;
    }

    /// <summary>Longer than many of its lines take: a container that runs would show in nearly every attempt.</summary>
    private static async Task StandsStillAsync(Daemon daemon, string client, string id)
    {
        // What it had written reaches the log first.
        (int before, int after) = (-1, (await LogAsync(daemon, client, id)).Length);
        for (int round = 0; round < 20 && before != after; round++)
        {
            await Task.Delay(500);
            (before, after) = (after, (await LogAsync(daemon, client, id)).Length);
        }

        await Task.Delay(1000);
        Assert.Equal(after, (await LogAsync(daemon, client, id)).Length);
    }

    private static async Task MovesOnAsync(Daemon daemon, string client, string id)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        int before = (await LogAsync(daemon, client, id)).Length;
        while ((await LogAsync(daemon, client, id)).Length <= before)
        {
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<string[]> LogAsync(Daemon daemon, string client, string id) =>
        (await daemon.ClientAsync(client, ["logs", id])).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
