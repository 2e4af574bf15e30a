using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>What serves a container its files is confined, and neither outlives its container nor leaves it hanging.</summary>
public sealed class ShareServerTests(DaemonFixture fixture) : IDisposable
{
    // chown, dac_override, fowner, fsetid, setgid, setuid.
    private const string Capabilities = "00000000000000db";

    // A guest that is root with every privilege that a guest can have.
    private const string Hostile = """
        cd /app
        ln -s /etc/shadow absolute; ln -s ../../../../../etc/shadow relative; ln -s .. up; ln -s /proc/1/root/etc/shadow magic
        for link in absolute relative magic up/up/up/etc/shadow ../../etc/shadow; do cat $link && echo reached $link; done
        mknod disk b 8 0 && echo made a disk
        mknod null c 1 3 && echo made a device
        ln /app/own ../escaped && echo linked out
        mount --bind /app/.. /mnt && ls /mnt | grep -v '^own$' | grep secret && echo above
        mkdir /raw && mount -t virtiofs mvm /raw && ls -R /raw && cat /raw/0/../secret /raw/../secret /raw/../../secret && echo above the root
        true
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-share-").FullName;

    private Daemon Daemon => fixture.Daemon;

    private string App => Path.Combine(_directory, "app");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task AHostileGuestReachesNothingButWhatIsShared()
    {
        Directory.CreateDirectory(App);
        await File.WriteAllTextAsync(Path.Combine(App, "own"), "own", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(_directory, "secret"), "the host's secret", TestContext.Current.CancellationToken);
        CommandResult run = await Daemon.MvmAsync("run", "--rm", "--privileged", "--network", "none", "-v", App + ":/app", "busybox", "sh", "-c", Hostile);
        string said = run.Succeeded();
        Assert.DoesNotContain("secret", said, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", said, StringComparison.Ordinal);
        Assert.All(["reached", "made a", "linked out", "above"], words => Assert.DoesNotContain(words, said, StringComparison.Ordinal));
        Assert.Equal(["app", "secret"], Directory.GetFileSystemEntries(_directory).Select(f => Path.GetFileName(f)).Order());
        Assert.Equal(["absolute", "magic", "own", "relative", "up"], Directory.GetFileSystemEntries(App).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public async Task TheServerHasNothingToGive()
    {
        Directory.CreateDirectory(App);
        string id = await StartAsync();
        string process = $"/proc/{Assert.Single(ShareServers.OfContainer(id))}";
        Dictionary<string, string> status = Status(process);
        Assert.Equal((Capabilities, Capabilities), (status["CapPrm"], status["CapEff"]));
        Assert.All(["CapInh", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
        Assert.Equal(("1", "2", "2"), (status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]));
        Assert.All(["mnt", "pid", "ipc", "uts", "net", "cgroup"], name => Assert.NotEqual(Namespace("/proc/self", name), Namespace(process, name)));

        // It has shut itself in: its root is the shares alone.
        Assert.Equal(["0", "1"], Directory.GetFileSystemEntries(process + "/root").Select(f => Path.GetFileName(f)).Order());
        string vmm = (await Daemon.DockerAsync("inspect", "-f", "{{.State.Pid}}", id)).Succeeded();
        await Eventually.TrueAsync(() => File.ReadAllText(process + "/cgroup") == File.ReadAllText($"/proc/{vmm}/cgroup"));
        Assert.Contains("mvm/" + id, await File.ReadAllTextAsync(process + "/cgroup", TestContext.Current.CancellationToken), StringComparison.Ordinal);
        (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();
        Assert.Empty(ShareServers.OfContainer(id));
    }

    [Fact]
    public async Task AServerThatIsKilledEndsItsContainerWithAReason()
    {
        Directory.CreateDirectory(App);
        string id = await StartAsync();
        string waited = "";
        Task wait = Task.Run(async () => waited = (await Daemon.MvmAsync("wait", id)).Succeeded(), TestContext.Current.CancellationToken);
        (await Command.RunAsync("kill", ["-9", $"{Assert.Single(ShareServers.OfContainer(id))}"])).Succeeded();
        await wait;
        Assert.Equal("255", waited);
        Assert.Equal(
            "exited the virtual machine ended: virtiofsd, which serves its volumes and bind mounts, was killed (by signal number 9)",
            (await Daemon.DockerAsync("inspect", "-f", "{{.State.Status}} {{.State.Error}}", id)).Succeeded());
        (await Daemon.MvmAsync("start", id)).Succeeded();
        (await Daemon.MvmAsync("exec", id, "ls", "/app")).Succeeded();
        (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();
    }

    [Fact]
    public async Task AContainerWithoutMountsHasNoServerAndNoSharedMemory()
    {
        string id = (await Daemon.MvmAsync("run", "-d", "--network", "none", "--tmpfs", "/t", "busybox", "sleep", "100000")).Succeeded();
        int vmm = int.Parse((await Daemon.DockerAsync("inspect", "-f", "{{.State.Pid}}", id)).Succeeded(), null);
        Assert.DoesNotContain(VmmProcess.All()[vmm], argument => argument.Contains("memfd", StringComparison.Ordinal) || argument.Contains("vhost-user-fs", StringComparison.Ordinal));
        Assert.Empty(ShareServers.OfContainer(id));
        (await Daemon.MvmAsync("rm", "-f", id)).Succeeded();
    }

    private async Task<string> StartAsync() => (await Daemon.MvmAsync(
        "run", "-d", "--network", "none", "-v", App + ":/app", "-v", App + ":/read:ro", "busybox", "sh", "-c", "ls /app /read; exec sleep 100000")).Succeeded();

    private static Dictionary<string, string> Status(string process) =>
        File.ReadLines(process + "/status").Select(l => l.Split(':', 2)).ToDictionary(p => p[0], p => p[1].Trim());

    private static string Namespace(string process, string name) => new FileInfo($"{process}/ns/{name}").LinkTarget!;
}
