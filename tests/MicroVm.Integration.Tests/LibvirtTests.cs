using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Containers whose VMs are domains of libvirt: of its driver in the daemon, and of a libvirtd beside it.</summary>
public sealed class LibvirtTests
{
    private const string Counting = "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.1; done";

    [Fact]
    public async Task ARuntimeIsADriverForBothClients()
    {
        await using Daemon daemon = await StartAsync();
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            CommandResult run = await daemon.ClientAsync(client, ["run", "--name", client, "--runtime", "libvirt", "--network", "none", "busybox", "sh", "-c", "echo from a domain; exit 3"]);
            Assert.Equal((3, "from a domain\n"), (run.ExitCode, run.OutputText));
            Assert.Equal("libvirt", (await daemon.DockerAsync("inspect", "-f", "{{.HostConfig.Runtime}}", client)).Succeeded());
            (await daemon.ClientAsync(client, ["run", "--runtime", "kata", "busybox"])).Failed(125, "unknown or invalid runtime name: kata");
        }

        Assert.Contains("\"libvirt\"", (await daemon.DockerAsync("info", "-f", "{{json .Runtimes}}")).Succeeded(), StringComparison.Ordinal);
        await SettledAsync(daemon);
    }

    [Fact]
    public async Task TheSettingMakesLibvirtTheDefault()
    {
        await using Daemon daemon = await StartAsync("""{"driver": "libvirt"}""");
        Assert.Equal("default", (await daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "echo", "default")).Succeeded());
        Assert.Equal("bare", (await daemon.MvmAsync("run", "--rm", "--driver", "qemu", "--network", "none", "busybox", "echo", "bare")).Succeeded());
        Assert.Contains("Hypervisor: libvirt", (await daemon.MvmAsync("info")).Succeeded(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADomainOutlivesAKilledDaemonAndIsTakenUp()
    {
        await using Daemon daemon = await StartAsync();
        (await daemon.MvmAsync("run", "-d", "--name", "web", "--driver", "libvirt", "--label", "tier=front", "--network", "none", "busybox", "sh", "-c", Counting)).Succeeded();
        await LineAsync(daemon, 5);
        await daemon.KillAsync();

        // Nobody holds the driver's root now: virsh may look.
        string uri = $"qemu:///embed?root={daemon.Root}/hypervisor/libvirt";
        CommandResult list = await Command.RunAsync("virsh", ["-q", "-c", uri, "list", "--title"]);
        Assert.Matches(@"mvm-[0-9a-f]{12} +running +web", list.Succeeded());
        await daemon.RestartAsync();
        int seen = (await LogAsync(daemon)).Length;
        await LineAsync(daemon, seen + 5);
        string[] lines = await LogAsync(daemon);
        Assert.Equal(Enumerable.Range(1, lines.Length).Select(i => $"line {i}"), lines);
        (await daemon.MvmAsync("stop", "-t", "1", "web")).Succeeded();
        (await daemon.MvmAsync("start", "web")).Succeeded();
        (await daemon.MvmAsync("kill", "web")).Succeeded();
        (await daemon.MvmAsync("rm", "web")).Succeeded();
        Assert.Empty(daemon.VmmProcesses());
    }

    [Fact]
    public async Task ADomainHasVolumesToo()
    {
        await using Daemon daemon = await StartAsync();
        string id = (await daemon.MvmAsync("run", "-d", "--driver", "libvirt", "--network", "none", "-v", "data:/data", "busybox", "sleep", "1000")).Succeeded();
        (await daemon.MvmAsync("exec", id, "sh", "-c", "echo from a domain > /data/file; chown 3:4 /data/file")).Succeeded();
        string file = Path.Combine(daemon.Root, "volumes/data/_data/file");
        Assert.Equal("from a domain\n", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        await daemon.KillAsync();
        await daemon.RestartAsync();
        (await daemon.MvmAsync("exec", id, "rm", "/data/file")).Succeeded();
        Assert.False(File.Exists(file));
        (await daemon.MvmAsync("rm", "-f", id)).Succeeded();
        Assert.Empty(ShareServers.OfContainer(id));
    }

    [Fact]
    public async Task ALibvirtdShowsTheContainerAndCanEndIt()
    {
        await using LibvirtDaemon libvirtd = await LibvirtDaemon.StartAsync();
        await using Daemon daemon = await StartAsync($$"""{"libvirt-uri": "{{libvirtd.Uri}}"}""");
        string id = (await daemon.MvmAsync("run", "-d", "--name", "web", "--driver", "libvirt", "--label", "tier=front", "--network", "none", "busybox", "sleep", "1000")).Succeeded();
        string domain = "mvm-" + id[..12];
        Assert.Contains("web", (await libvirtd.VirshAsync("list", "--title")).Succeeded(), StringComparison.Ordinal);
        string xml = (await libvirtd.VirshAsync("dumpxml", domain)).Succeeded();
        Assert.Contains("<title>web</title>", xml, StringComparison.Ordinal);
        Assert.Contains("<mvm:label key=\"tier\">front</mvm:label>", xml, StringComparison.Ordinal);
        (await libvirtd.VirshAsync("destroy", domain)).Succeeded();
        Assert.Equal("255", (await daemon.MvmAsync("wait", "web")).Succeeded());
        string state = (await daemon.DockerAsync("inspect", "-f", "{{.State.Status}}: {{.State.Error}}", "web")).Succeeded();
        Assert.Equal("exited: the virtual machine ended: destroyed through libvirt", state);
        (await daemon.MvmAsync("start", "web")).Succeeded();
    }

    [Fact]
    public async Task VmsOutliveALibvirtdThatIsGone()
    {
        await using LibvirtDaemon libvirtd = await LibvirtDaemon.StartAsync();
        await using Daemon daemon = await StartAsync($$"""{"libvirt-uri": "{{libvirtd.Uri}}"}""");
        (await daemon.MvmAsync("run", "-d", "--name", "web", "--driver", "libvirt", "--network", "none", "busybox", "sh", "-c", Counting)).Succeeded();
        await libvirtd.StopAsync();
        await LineAsync(daemon, (await LogAsync(daemon)).Length + 5);
        (await daemon.MvmAsync("kill", "web")).Succeeded();
        (await daemon.MvmAsync("start", "web")).Failed(1, "is libvirtd running, and libvirt-uri right?");
        Assert.Equal("bare", (await daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "echo", "bare")).Succeeded());
    }

    [Fact]
    public async Task WithoutLibvirtTheOtherDriverRuns()
    {
        var hidden = new Dictionary<string, string> { ["HIDE"] = "/usr/lib/x86_64-linux-gnu/libvirt.so.0" };
        await using Daemon daemon = await StartAsync(environment: hidden);
        Assert.Equal("bare", (await daemon.MvmAsync("run", "--rm", "--network", "none", "busybox", "echo", "bare")).Succeeded());
        string[] run = ["run", "--rm", "--driver", "libvirt", "--network", "none", "busybox", "true"];
        (await daemon.MvmAsync(run)).Refused("mvm", 125, "libvirt.so.0 not found: apt-get install libvirt0 libvirt-daemon-driver-qemu");
        Assert.Equal("", (await daemon.MvmAsync("ps", "-aq")).Succeeded());
    }

    private static async Task<Daemon> StartAsync(string configuration = "{}", IReadOnlyDictionary<string, string>? environment = null)
    {
        Daemon daemon = await Daemon.StartAsync(configuration, environment);
        await daemon.LoadBusyboxAsync();
        return daemon;
    }

    /// <summary>libvirt may still wait for the last VMM to be reaped; then nothing of any domain is left.</summary>
    private static async Task SettledAsync(Daemon daemon)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (Directory.GetFileSystemEntries(Path.Combine(daemon.Root, "hypervisor/libvirt"), "*mvm-*", SearchOption.AllDirectories).Length > 0)
        {
            await Task.Delay(50, limit.Token);
        }
    }

    private static async Task<string[]> LogAsync(Daemon daemon) =>
        (await daemon.MvmAsync("logs", "web")).Succeeded().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static async Task LineAsync(Daemon daemon, int line)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while ((await LogAsync(daemon)).Length < line)
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
