using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Volumes, with both clients.</summary>
public sealed class VolumeTests(DaemonFixture fixture)
{
    // What an image brings: owners, modes, a link of each kind, a directory whose group its files get.
    private const string Seed = """
        mkdir -p /seed/sub && echo one > /seed/file && chmod 640 /seed/file && ln -s file /seed/symlink && ln /seed/file /seed/hard
        chown -R 1000:1001 /seed && chmod 2750 /seed/sub && touch -d 2001-02-03 /seed/file && chmod 1770 /seed
        """;

    private Daemon Daemon => fixture.Daemon;

    [Theory]
    [CombinatorialClients]
    public async Task DataOutlivesItsContainers(string client)
    {
        string volume = Name(client);
        Assert.Equal(volume, await RunAsync(client, "volume", "create", "--label", "of=" + volume, volume));
        await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/data", "busybox", "sh", "-c", "echo kept > /data/file; chown 7:8 /data/file; sync");
        Assert.Equal("kept\n7 8", await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/other", "busybox", "sh", "-c", "cat /other/file; stat -c '%u %g' /other/file"));
        string mountpoint = await RunAsync(client, "volume", "inspect", "-f", "{{.Mountpoint}}", volume);
        Assert.Equal("kept\n", await File.ReadAllTextAsync(mountpoint + "/file", TestContext.Current.CancellationToken));
        Assert.Equal(volume, await RunAsync(client, "volume", "ls", "-q", "--filter", "label=of=" + volume));
        Assert.Contains("DRIVER    VOLUME NAME\n", await RunAsync(client, "volume", "ls"), StringComparison.Ordinal);
        Assert.Equal(volume, await RunAsync(client, "volume", "rm", volume));
        Assert.False(Directory.Exists(mountpoint));
        (await Daemon.ClientAsync(client, ["volume", "inspect", volume])).Failed(1, client == "mvm" ? "no such volume: " + volume : "no such volume");
    }

    [Theory]
    [CombinatorialClients]
    public async Task ContainersThatRunShareAVolumeAndHoldIt(string client)
    {
        string volume = Name(client);
        string[] ids =
        [
            .. await Task.WhenAll(Enumerable.Range(0, 2).Select(_ =>
                RunAsync(client, "run", "-d", "--network", "none", "-v", volume + ":/data", "busybox", "sleep", "100000"))),
        ];
        await RunAsync(client, "exec", ids[0], "sh", "-c", "echo from one > /data/file");
        Assert.Equal("from one", await RunAsync(client, "exec", ids[1], "sh", "-c", "until grep one /data/file; do usleep 10000; done"));
        await RunAsync(client, "exec", ids[1], "sh", "-c", "echo from two >> /data/file");
        Assert.Equal("from two", await RunAsync(client, "exec", ids[0], "sh", "-c", "until grep two /data/file; do usleep 10000; done"));
        (await Daemon.ClientAsync(client, ["volume", "rm", volume])).Failed(1, $"remove {volume}: volume is in use - [");
        Assert.Equal(ids.Order(), (await RunAsync(client, "ps", "-q", "--no-trunc", "--filter", "volume=" + volume)).Split('\n').Order());
        Assert.Equal(volume, await RunAsync(client, "ps", "--filter", "id=" + ids[0], "--no-trunc", "--format", "{{.Mounts}}"));
        Assert.Equal($"{volume[..14]}… 1", await RunAsync(client, "ps", "--filter", "id=" + ids[0], "--format", "{{.Mounts}} {{.LocalVolumes}}"));
        await RunAsync(client, "rm", "-f", ids[0], ids[1]);
        await RunAsync(client, "volume", "rm", volume);
    }

    [Theory]
    [CombinatorialClients]
    public async Task ANewVolumeBeginsWithWhatTheImageHas(string client)
    {
        string volume = Name(client);
        string image = await SeededAsync(volume);
        const string look = "cd /seed && stat -c '%n %u:%g %a %h %Y' . file hard sub && readlink symlink && cat symlink";
        string expected = await RunAsync(client, "run", "--rm", "--network", "none", "--entrypoint", "", image, "sh", "-c", look);
        string found = await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/seed", image, "sh", "-c", look);
        Assert.Equal(Comparable(expected), Comparable(found));
        Assert.Equal("2", await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/seed", image, "sh", "-c", "rm /seed/hard; ls /seed | grep -c '^s'"));
        Assert.Equal("file\nsub\nsymlink", await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/seed", image, "ls", "/seed"));
        Assert.Empty(await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + "-quiet:/seed:nocopy", image, "ls", "/seed"));
        await RunAsync(client, "volume", "rm", volume, volume + "-quiet");
        await RunAsync(client, "rmi", "-f", image);

        // A directory's own times and size are each file system's.
        static string Comparable(string text) => string.Join('\n', text.Split('\n').Select(l => l[0] is '.' || l.StartsWith("sub", StringComparison.Ordinal) ? l[..l.LastIndexOf(' ')] : l));
    }

    [Theory]
    [CombinatorialClients]
    public async Task AnImagesVolumesAreAnonymousAndGoWhenAsked(string client)
    {
        string image = await SeededAsync(Name(client));
        string container = await RunAsync(client, "create", "--network", "none", image, "true");
        string volume = await RunAsync(client, "inspect", "-f", "{{(index .Mounts 0).Name}}", container);
        Assert.Matches(@"\A[0-9a-f]{64}\z", volume);
        await RunAsync(client, "start", container);
        await RunAsync(client, "wait", container);
        await RunAsync(client, "rm", "-v", container);
        (await Daemon.ClientAsync(client, ["volume", "rm", volume])).Failed(1, "no such volume");
        string kept = await RunAsync(client, "create", "--network", "none", "-v", "/more", image, "true");
        string[] volumes = (await RunAsync(client, "inspect", "-f", "{{range .Mounts}}{{.Name}} {{end}}", kept)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        await RunAsync(client, "rm", kept);
        Assert.Equal(2, volumes.Length);
        await RunAsync(client, ["volume", "rm", .. volumes]);
        string removed = await RunAsync(client, "run", "-d", "--rm", "--network", "none", image, "sleep", "100000");
        string itsOwn = await RunAsync(client, "inspect", "-f", "{{(index .Mounts 0).Name}}", removed);
        await RunAsync(client, "kill", removed);
        await Eventually.TrueAsync(() => !Directory.Exists(Path.Combine(Daemon.Root, "volumes", itsOwn)));
        await RunAsync(client, "rmi", "-f", image);
    }

    [Theory]
    [ContainerStates]
    public async Task CopiesReachAVolume(string client, string state)
    {
        string volume = Name(client);
        string id = await RunAsync(client, "create", "--network", "none", "-v", volume + ":/data", "busybox", "sh", "-c", state == "running" ? "sleep 100000" : "true");
        if (state != "created")
        {
            await RunAsync(client, "start", id);
        }

        if (state == "exited")
        {
            await RunAsync(client, "wait", id);
        }

        string directory = Directory.CreateTempSubdirectory("mvm-cp-").FullName;
        await File.WriteAllTextAsync(directory + "/in", "copied", TestContext.Current.CancellationToken);
        await RunAsync(client, "cp", directory + "/in", id + ":/data/file");
        await RunAsync(client, "cp", id + ":/data/file", directory + "/out");
        Assert.Equal("copied", await File.ReadAllTextAsync(directory + "/out", TestContext.Current.CancellationToken));
        string mountpoint = (await Daemon.MvmAsync("volume", "inspect", "-f", "{{.Mountpoint}}", volume)).Succeeded();
        Assert.Equal("copied", await File.ReadAllTextAsync(mountpoint + "/file", TestContext.Current.CancellationToken));
        Assert.DoesNotContain("file", await RunAsync(client, "diff", id), StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
        await RunAsync(client, "rm", "-f", id);
        await RunAsync(client, "volume", "rm", volume);
    }

    [Theory]
    [CombinatorialClients]
    public async Task MountsLieInEachOther(string client)
    {
        string volume = Name(client);
        await RunAsync(client, "run", "--rm", "--network", "none", "-v", volume + ":/data", "busybox", "sh", "-c", "mkdir -p /data/sub/deep; echo deep > /data/sub/deep/file");
        string[] mounts = ["--tmpfs", "/data/memory", "-v", volume + "-in:/data/in", "--tmpfs", "/tmp", "-v", volume + "-in:/tmp/in", "--mount", $"type=volume,src={volume},dst=/part,volume-subpath=sub/deep,ro"];
        const string script = "echo a > /data/in/file; echo b > /data/memory/file; cat /tmp/in/file /part/file; touch /part/x; ls /data";
        CommandResult run = await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", "-v", volume + ":/data", .. mounts, "busybox", "sh", "-c", script]);
        Assert.Equal("a\ndeep\nin\nmemory\nsub", run.Succeeded());
        Assert.Contains("Read-only file system", run.ErrorText, StringComparison.Ordinal);
        await RunAsync(client, "volume", "rm", volume, volume + "-in");
    }

    [Theory]
    [CombinatorialClients]
    public async Task VolumesOfAnotherContainerAreShared(string client)
    {
        string volume = Name(client);
        string first = await RunAsync(client, "create", "--network", "none", "-v", volume + ":/data", "busybox", "true");
        await RunAsync(client, "run", "--rm", "--network", "none", "--volumes-from", first, "busybox", "sh", "-c", "echo x > /data/file");
        CommandResult write = await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", "--volumes-from", first + ":ro", "busybox", "sh", "-c", "cat /data/file; touch /data/y"]);
        Assert.Equal((1, "x\n"), (write.ExitCode, write.OutputText));
        await RunAsync(client, "rm", first);
        await RunAsync(client, "volume", "rm", volume);
    }

    [Fact]
    public async Task ADaemonThatIsKilledLeavesItsVolumesMounted()
    {
        await using Daemon daemon = await Daemon.StartAsync("{}");
        await daemon.LoadBusyboxAsync();
        string id = (await daemon.MvmAsync("run", "-d", "--network", "none", "-v", "data:/data", "busybox", "sh", "-c", "i=0; while true; do i=$((i+1)); echo $i > /data/count; usleep 10000; done")).Succeeded();
        await daemon.KillAsync();
        await daemon.RestartAsync();
        string file = Path.Combine(daemon.Root, "volumes/data/_data/count");
        string seen = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => File.ReadAllText(file) is { Length: > 0 } now && now != seen);
        (await daemon.MvmAsync("volume", "rm", "data")).Failed(1, "volume is in use");
        (await daemon.MvmAsync("restart", "-t", "0", id)).Succeeded();
        (await daemon.MvmAsync("exec", id, "ls", "/data/count")).Succeeded();
        (await daemon.MvmAsync("rm", "-f", id)).Succeeded();
        Assert.Empty(ShareServers.Of(daemon));
        (await daemon.MvmAsync("volume", "rm", "data")).Succeeded();
    }

    private async Task<string> RunAsync(string client, params string[] arguments) => (await Daemon.ClientAsync(client, arguments)).Succeeded();

    /// <summary>An image whose /seed is a volume.</summary>
    private async Task<string> SeededAsync(string name)
    {
        string id = (await Daemon.MvmAsync("run", "-d", "--network", "none", "busybox", "sh", "-c", Seed)).Succeeded();
        (await Daemon.MvmAsync("wait", id)).Succeeded();
        (await Daemon.MvmAsync("commit", "-c", "VOLUME /seed", id, name)).Succeeded();
        (await Daemon.MvmAsync("rm", id)).Succeeded();
        return name;
    }

    private static string Name(string client) => client + "-" + Guid.NewGuid().ToString("N")[..12];
}
