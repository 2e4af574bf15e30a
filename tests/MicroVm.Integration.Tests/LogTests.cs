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
    }
}
