using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`stats` and `top` from both clients: the figures are the guest's own.</summary>
public sealed class ObserveTests(DaemonFixture fixture)
{
    private const string Format = "{{.Name}};{{.CPUPerc}};{{.MemUsage}};{{.MemPerc}};{{.NetIO}};{{.BlockIO}};{{.PIDs}}";

    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task StatsTellWhatTheContainerUses(string client)
    {
        string name = "uses-" + client;
        const string Busy = "dd if=/dev/zero of=/dev/shm/held bs=1M count=32 2>/dev/null; dd if=/dev/zero of=/written bs=1M count=4 2>/dev/null; sync; while true; do :; done";
        (await Daemon.ClientAsync(client, ["run", "-d", "--name", name, "-m", "256m", "busybox", "sh", "-c", Busy])).Succeeded();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        string[] cells;
        do
        {
            // Until it has got to its loop.
            cells = (await Daemon.ClientAsync(client, ["stats", "--no-stream", "--format", Format, name])).Succeeded().Split(';');
            limit.Token.ThrowIfCancellationRequested();
        }
        while (!(Share(cells[1]) > 20 && MiB(cells[2]) >= 32 && cells[6] == "1"));
        Assert.Equal(name, cells[0]);
        Assert.InRange(Share(cells[1]), 20, 130);
        Assert.InRange(MiB(cells[2]), 32, 128);
        Assert.EndsWith("/ 256MiB", cells[2], StringComparison.Ordinal);
        Assert.InRange(Share(cells[3]), 12, 50);
        Assert.Contains("MB / ", cells[5], StringComparison.Ordinal);
        string table = (await Daemon.ClientAsync(client, ["stats", "--no-stream", name])).Succeeded();
        Assert.Matches(@"^CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS", table);
        (await Daemon.ClientAsync(client, ["rm", "-f", name])).Succeeded();
        (await Daemon.ClientAsync(client, ["stats", "--no-stream", name])).Failed(1, "No such container");
    }

    [Theory, CombinatorialClients]
    public async Task StatsOfAPausedContainerAreAnsweredAndSoAreThoseOfAStoppedOne(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "busybox", "sleep", "600"])).Succeeded();
        (await Daemon.ClientAsync(client, ["pause", id])).Succeeded();
        Assert.StartsWith("0.00%", (await Daemon.ClientAsync(client, ["stats", "--no-stream", "--format", "{{.CPUPerc}} {{.Name}}", id])).Succeeded(), StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["top", id])).Failed(1, "is paused");
        (await Daemon.ClientAsync(client, ["kill", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["wait", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["top", id])).Failed(1, "is not running");
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task TopListsProcesses(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "-u", "7", "--network", "none", "busybox", "sh", "-c", "sleep 600 & sleep 601; true"])).Succeeded();
        string top;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        do
        {
            top = (await Daemon.ClientAsync(client, ["top", id])).Succeeded();
            limit.Token.ThrowIfCancellationRequested();
        }
        while (top.Split('\n').Length < 4);
        Assert.Matches(@"^UID +PID +PPID +C +STIME +TTY +TIME +CMD\n7 +\d+ +1 ", top);
        Assert.Equal(4, top.Split('\n').Length);
        Assert.Contains("sleep 600", top, StringComparison.Ordinal);
        Assert.Matches(@"^PID +COMMAND\n\d+ +sh\n", (await Daemon.ClientAsync(client, ["top", id, "-o", "pid,comm"])).Succeeded());
        Assert.Matches(@"^USER +PID +%CPU +%MEM", (await Daemon.ClientAsync(client, ["top", id, "aux"])).Succeeded());
        (await Daemon.ClientAsync(client, ["top", id, "-Z"])).Failed(1, "is not supported");
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
    }

    [Fact]
    public async Task TopHoldsHundredsOfProcesses()
    {
        const string Many = "i=0; while [ $i -lt 300 ]; do sleep 600 & i=$((i+1)); done; echo ready; wait";
        string id = (await Daemon.MvmAsync("run", "-d", "--network", "none", "busybox", "sh", "-c", Many)).Succeeded();
        using (System.Diagnostics.Process follow = Daemon.Start("mvm", "logs", "-f", id))
        {
            Assert.Equal("ready", await follow.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2)));
            follow.Kill();
        }

        string[] pids = (await Daemon.MvmAsync("top", id, "-o", "pid")).Succeeded().Split('\n')[1..];
        Assert.Equal(301, pids.Distinct().Count());
        (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();
    }

    /// <summary>A guest's clock stands still in a pause and must be right after it.</summary>
    [Fact]
    public async Task TheClockIsRightAfterAPause()
    {
        string id = (await Daemon.MvmAsync("run", "-d", "--network", "none", "busybox", "sleep", "600")).Succeeded();
        (await Daemon.MvmAsync("pause", id)).Succeeded();
        await Task.Delay(TimeSpan.FromSeconds(3));
        (await Daemon.MvmAsync("unpause", id)).Succeeded();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        long before;
        long told;
        do
        {
            before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
            told = long.Parse((await Daemon.MvmAsync("exec", id, "date", "+%s")).Succeeded(), CultureInfo.InvariantCulture);
            limit.Token.ThrowIfCancellationRequested();
        }
        while (told < before);
        (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();
    }

    private static double Share(string text) => double.Parse(text.TrimEnd('%'), CultureInfo.InvariantCulture);

    private static double MiB(string usage) => usage.Split(' ')[0] is var used && used.EndsWith("MiB", StringComparison.Ordinal)
        ? double.Parse(used[..^3], CultureInfo.InvariantCulture)
        : 0;
}
