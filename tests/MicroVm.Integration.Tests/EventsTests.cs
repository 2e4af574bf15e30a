using System.Diagnostics;
using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`events` from both clients, of containers in VMs of their own.</summary>
public sealed class EventsTests(DaemonFixture fixture)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task EventsComeAsTheyHappen(string client)
    {
        string name = "told-" + client;
        using Process events = Daemon.Start(
            client, "events", "--since", "1h", "--filter", "container=" + name, "--format", "{{.Action}} {{.Actor.Attributes.name}} {{.From}} {{.Scope}}");
        (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "--name", name, "busybox", "sleep", "600"])).Succeeded();
        await ReadAsync(events, $"create {name} busybox local", $"start {name} busybox local");
        (await Daemon.ClientAsync(client, ["kill", name])).Succeeded();
        await ReadAsync(events, $"kill {name} busybox local", $"die {name} busybox local");
        (await Daemon.ClientAsync(client, ["rm", name])).Succeeded();
        await ReadAsync(events, $"destroy {name} busybox local");
        events.Kill();
    }

    [Theory, CombinatorialClients]
    public async Task ThePastIsToldUntilNow(string client)
    {
        string label = "past=" + client;
        (await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", "--label", label, "busybox", "sh", "-c", "exit 7"])).Failed(7, "");
        string past = (await Daemon.ClientAsync(
            client, ["events", "--since", "10m", "--until", Now(), "--filter", "label=" + label, "--filter", "event=die"])).Succeeded();
        Assert.Matches($@"^\S+T\S+ container die [0-9a-f]{{64}} \(execDuration=\d+, exitCode=7, image=busybox, name=\w+, past={client}\)$", past);
    }

    [Theory, CombinatorialClients]
    public async Task ImagesTellToo(string client)
    {
        (await Daemon.ClientAsync(client, ["tag", "busybox", "told:" + client])).Succeeded();
        (await Daemon.ClientAsync(client, ["rmi", "told:" + client])).Succeeded();
        string tagged = (await Daemon.ClientAsync(
            client, ["events", "--since", "10m", "--until", Now(), "--filter", "type=image", "--filter", "image=told:" + client, "--format", "json"])).Succeeded();
        Assert.Contains("\"Action\":\"tag\"", tagged, StringComparison.Ordinal);
        string untagged = (await Daemon.ClientAsync(
            client, ["events", "--since", "10m", "--until", Now(), "--filter", "event=untag", "--format", "{{.Type}}"])).Succeeded();
        Assert.Contains("image", untagged, StringComparison.Ordinal);
    }

    // Docker's client cuts what it computes from a duration to whole seconds.
    private static string Now() => DateTime.UtcNow.ToString("O", CultureInfo.InvariantCulture);

    private static async Task ReadAsync(Process events, params string[] lines)
    {
        foreach (string line in lines)
        {
            Assert.Equal(line, await events.StandardOutput.ReadLineAsync().WaitAsync(s_limit));
        }
    }
}
