using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Log drivers and their options from both clients.</summary>
public sealed class LogTests(DaemonFixture fixture)
{
    private Daemon Daemon => fixture.Daemon;

    [Theory, CombinatorialClients]
    public async Task ABoundedLogKeepsTheLastLines(string client)
    {
        const string Many = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done";
        string id = (await Daemon.ClientAsync(
            client, ["run", "-d", "--network", "none", "--log-opt", "max-size=20k", "--log-opt", "max-file=3", "busybox", "sh", "-c", Many])).Succeeded();
        (await Daemon.ClientAsync(client, ["wait", id])).Succeeded();
        string[] lines = (await Daemon.ClientAsync(client, ["logs", id])).Succeeded().Split('\n');
        Assert.Equal(Enumerable.Range(3001 - lines.Length, lines.Length).Select(line => $"line {line}"), lines);
        Assert.InRange(lines.Length, 400, 1200);
        Assert.Equal(lines[^500..], (await Daemon.ClientAsync(client, ["logs", "-n", "500", id])).Succeeded().Split('\n'));
        string path = (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.LogPath}}", id])).Succeeded();
        FileInfo[] files = new DirectoryInfo(Path.GetDirectoryName(path)!).GetFiles(Path.GetFileName(path) + "*");
        Assert.InRange(files.Sum(file => file.Length), 1, 3 * 21 * 1024);
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task OlderFilesAreCompressed(string client)
    {
        const string Many = "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; done; sleep 600";
        string id = (await Daemon.ClientAsync(
            client, ["run", "-d", "--network", "none", "--log-driver", "local", "--log-opt", "max-size=40k", "--log-opt", "max-file=100", "busybox", "sh", "-c", Many])).Succeeded();
        string[] lines = [];
        for (int attempt = 0; lines.LastOrDefault() != "line 3000"; attempt++)
        {
            Assert.True(attempt < 600, lines.LastOrDefault() ?? "no line");
            await Task.Delay(100);
            lines = (await Daemon.ClientAsync(client, ["logs", id])).Succeeded().Split('\n');
        }

        Assert.Equal(Enumerable.Range(1, 3000).Select(line => $"line {line}"), lines);
        string path = (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.LogPath}}", id])).Succeeded();
        Assert.NotEmpty(new DirectoryInfo(Path.GetDirectoryName(path)!).GetFiles(Path.GetFileName(path) + ".*.gz"));
        (await Daemon.ClientAsync(client, ["rm", "-f", id])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task EntriesCarryWhatTheOptionsChoose(string client)
    {
        string name = $"logged-{client}";
        (await Daemon.ClientAsync(client,
        [
            "run", "--network", "none", "--name", name, "-l", "app=<w e b>", "-l", "other=1", "-e", "ROLE=a/b,c", "--log-opt", "labels=app", "--log-opt", "env-regex=^RO",
            "--log-opt", "tag={{.Name}}", "busybox", "echo", "hi",
        ])).Succeeded();
        Assert.Equal($"ROLE=a%2Fb%2Cc,app=%3Cw+e+b%3E,tag={name} hi", (await Daemon.ClientAsync(client, ["logs", "--details", name])).Succeeded());
        Assert.Equal("hi", (await Daemon.ClientAsync(client, ["logs", name])).Succeeded());
        (await Daemon.ClientAsync(client, ["rm", name])).Succeeded();
    }

    [Theory, CombinatorialClients]
    public async Task DriversAreChosenAndRefused(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["run", "-d", "--network", "none", "--log-driver", "none", "busybox", "echo", "lost"])).Succeeded();
        (await Daemon.ClientAsync(client, ["wait", id])).Succeeded();
        (await Daemon.ClientAsync(client, ["logs", id])).Failed(1, "configured logging driver does not support reading");
        Assert.Equal("none", (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.HostConfig.LogConfig.Type}}", id])).Succeeded());
        (await Daemon.ClientAsync(client, ["rm", id])).Succeeded();
        Assert.Equal("heard", (await Daemon.ClientAsync(
            client, ["run", "--rm", "--network", "none", "--log-driver", "none", "busybox", "echo", "heard"])).Succeeded());
        Assert.Equal("kept", (await Daemon.ClientAsync(
            client, ["run", "--rm", "--network", "none", "--log-driver", "local", "--log-opt", "mode=non-blocking", "busybox", "echo", "kept"])).Succeeded());
        (await Daemon.ClientAsync(client, ["run", "--rm", "--log-driver", "syslog", "busybox"])).Failed(125, "no log driver named 'syslog'");
        (await Daemon.ClientAsync(client, ["run", "--rm", "--log-opt", "size=1", "busybox"])).Failed(125, "unknown log opt 'size'");
        (await Daemon.ClientAsync(client, ["run", "--rm", "--log-driver", "local", "--log-opt", "tag=x", "busybox"])).Failed(125, "unknown log opt 'tag' for local");
        (await Daemon.ClientAsync(client, ["run", "--rm", "--log-opt", "labels-regex=(", "busybox"])).Failed(125, "not a regular expression");
    }
}
