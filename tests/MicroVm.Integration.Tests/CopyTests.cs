using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>`cp` from both clients, into and out of containers that run and that don't.</summary>
public sealed class CopyTests(DaemonFixture fixture) : IAsyncLifetime
{
    // Everything of a tree that a copy is to keep, but who it belongs to.
    private const string List = "find . -mindepth 1 \\( -type l -printf '%P %y %l\\n' -o -printf '%P %y %m %n %Ts %s\\n' \\) | sort && "
        + "find . -type f -exec sha256sum {} + | sort";

    // GNU tar puts it into a pax header.
    private const string AttributeTar = "cd {0} && echo noted > noted && tar --format=pax --pax-option=SCHILY.xattr.user.note:=kept -cf note.tar noted";

    private readonly string _name = "cp-" + Guid.NewGuid().ToString("N")[..8];
    private readonly string _local = Directory.CreateTempSubdirectory("mvm-cp-").FullName;

    private Daemon Daemon => fixture.Daemon;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await Daemon.MvmAsync("rm", "-f", _name);
        Directory.Delete(_local, recursive: true);
    }

    [Theory, ContainerStates]
    public async Task ATreeComesBackAsItWas(string client, string state)
    {
        await MakeAsync(state);
        await ShellAsync("""
            mkdir -p tree/sub/deep 'tree/with space' && head -c 70000 /dev/urandom > tree/binary && ln tree/binary tree/sub/second
            ln -s ../missing tree/sub/dangling && ln -s /etc/passwd tree/absolute && mkfifo tree/pipe && : > tree/empty
            echo x > tree/setuid && chmod 4755 tree/setuid && chmod 1777 tree/sub/deep && chmod 0500 'tree/with space'
            long=$(printf 'n%.0s' $(seq 200)); echo long > tree/$long; mkdir -p tree/$long.d/$long; echo l > tree/$long.d/$long/$long
            touch -d '1999-12-31 23:59:58' tree/binary tree/sub && touch -d '2040-01-01 00:00:00' tree/empty
            """);
        (await CopyAsync(client, "tree", _name + ":/srv")).Succeeded();
        (await CopyAsync(client, _name + ":/srv", "back")).Succeeded();
        Assert.Equal(await ShellAsync("cd tree && " + List), await ShellAsync("cd back && " + List));
        Assert.Equal("same", await ShellAsync("[ back/binary -ef back/sub/second ] && echo same"));
    }

    [Theory, ContainerStates]
    public async Task OwnersTimesAndAttributesAreKept(string client, string state)
    {
        await MakeAsync(state);
        await ShellAsync(string.Format(null, CompositeFormat.Parse(AttributeTar), _local));
        (await CopyAsync(client, "-", _name + ":/root", await File.ReadAllBytesAsync(Path.Combine(_local, "note.tar")))).Succeeded();
        await ShellAsync("echo owned > owned && chown 1234:2345 owned && touch -d '2001-02-03 04:05:06.123456789' owned");
        (await CopyAsync(client, "owned", _name + ":/root/")).Succeeded();
        byte[] archive = (await CopyAsync(client, _name + ":/root", "-")).Output;
        Assert.Contains("SCHILY.xattr.user.note=kept\n", Encoding.Latin1.GetString(archive), StringComparison.Ordinal);
        await File.WriteAllBytesAsync(Path.Combine(_local, "root.tar"), archive);
        string listed = await ShellAsync("TZ=UTC tar --numeric-owner --full-time -tvf root.tar root/owned");

        // Docker's client sends whole seconds.
        Assert.Contains(client == "mvm" ? "1234/2345 6 2001-02-03 04:05:06.123456789" : "1234/2345 6 2001-02-03 04:05:06", Squeezed(listed), StringComparison.Ordinal);
    }

    /// <summary>What tar(1) writes in each of its forms.</summary>
    [Theory, ContainerStates]
    public async Task SparseFilesKeepTheirHoles(string client, string state)
    {
        await MakeAsync(state);
        await ShellAsync("for i in $(seq 1 30); do printf piece$i | dd of=sparse bs=1 seek=$((i * 1500001)) conv=notrunc 2>/dev/null; done; truncate -s 64M sparse");
        foreach (string form in new[] { "gnu", "oldgnu", "pax --sparse-version=0.0", "pax --sparse-version=0.1", "pax --sparse-version=1.0" })
        {
            string directory = "in-" + form[^3..];
            await ShellAsync($"mkdir -p {directory} && cp --sparse=always sparse {directory}/ && tar -S --format={form} -cf sparse.tar {directory}");
            Assert.InRange(new FileInfo(Path.Combine(_local, "sparse.tar")).Length, 1, 1 << 20);
            (await CopyAsync(client, "-", _name + ":/root", await File.ReadAllBytesAsync(Path.Combine(_local, "sparse.tar")))).Succeeded();
            (await CopyAsync(client, $"{_name}:/root/{directory}/sparse", "back")).Succeeded();
            Assert.Equal("same", await ShellAsync("cmp sparse back && echo same"));
        }
    }

    [Theory]
    [InlineData("f", "new", "new")]
    [InlineData("f", "dir", "dir/f")]
    [InlineData("f", "dir/", "dir/f")]
    [InlineData("f", "file", "file")]
    [InlineData("d", "new", "new/x")]
    [InlineData("d", "dir", "dir/d/x")]
    [InlineData("d/", "dir", "dir/d/x")]
    [InlineData("d/.", "dir", "dir/x")]
    [InlineData("d/.", "new", "new/x")]
    [InlineData("l", "dir", "dir/l")]
    [InlineData("f", "new/", "no such directory")]
    [InlineData("d", "file", "cannot copy directory")]
    public async Task DestinationsMeanWhatDockerSays(string source, string destination, string expected)
    {
        await MakeAsync("running");
        const string Make = "mkdir -p s/d t/dir && echo f > s/f && echo x > s/d/x && ln -s f s/l && echo old > t/file";
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            await ShellAsync("rm -rf s t && " + Make);
            (await Daemon.MvmAsync("exec", _name, "sh", "-c", $"cd /root && rm -rf s t && {Make}")).Succeeded();
            CommandResult outward = await CopyAsync(client, $"{_name}:/root/s/{source}", "t/" + destination);
            CommandResult inward = await CopyAsync(client, "s/" + source, $"{_name}:/root/t/{destination}");
            if (expected.Contains(' ', StringComparison.Ordinal))
            {
                outward.Failed(1, expected);
                inward.Failed(1, expected);
                continue;
            }

            outward.Succeeded();
            inward.Succeeded();
            string present = $"[ -f t/{expected} ] || [ -L t/{expected} ] && ! grep -q old t/{expected} && echo there";
            Assert.Equal("there", await ShellAsync(present));
            Assert.Equal("there", (await Daemon.MvmAsync("exec", "-w", "/root", _name, "sh", "-c", present)).Succeeded());
        }
    }

    [Theory, CombinatorialClients]
    public async Task LinksAreFollowedWhereAsked(string client)
    {
        await MakeAsync("created");
        await ShellAsync("echo content > file && ln -s file link");
        (await CopyAsync(client, "link", _name + ":/root/kept")).Succeeded();
        (await Daemon.ClientAsync(client, ["cp", "-L", Path.Combine(_local, "link"), _name + ":/root/followed"])).Succeeded();
        (await Daemon.ClientAsync(client, ["cp", "-L", _name + ":/root/followed", Path.Combine(_local, "out")])).Succeeded();
        Assert.Equal("content", await ShellAsync("cat out"));
        (await CopyAsync(client, _name + ":/root/kept", "kept")).Succeeded();
        Assert.Equal("file", await ShellAsync("readlink kept"));
    }

    [Theory, CombinatorialClients]
    public async Task ALargeFileStreams(string client)
    {
        const int Size = 200 << 20;
        await MakeAsync("running");
        byte[] content = new byte[Size];
        RandomNumberGenerator.Fill(content.AsSpan(0, 1 << 20));
        content[^1] = 1;
        await File.WriteAllBytesAsync(Path.Combine(_local, "large"), content);
        (await CopyAsync(client, "large", _name + ":/root/large")).Succeeded();
        (await CopyAsync(client, _name + ":/root/large", "back")).Succeeded();
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(_local, "back"))));
    }

    [Theory, ContainerStates]
    public async Task WhatIsNotThereIsNamed(string client, string state)
    {
        await MakeAsync(state);
        await ShellAsync("echo f > f");
        (await CopyAsync(client, _name + ":/nope", "x")).Refused(client, 1, $"Could not find the file /nope in container {_name}");
        (await CopyAsync(client, "f", _name + ":/no/where")).Refused(client, 1, $"Could not find the file /no in container {_name}");
        (await CopyAsync(client, _name + "x:/etc", "x")).Refused(client, 1, $"No such container: {_name}x");
        (await CopyAsync(client, "missing", _name + ":/")).Failed(1, "no such file or directory");
        (await CopyAsync(client, _name + ":/etc/passwd/", "x")).Refused(client, 1, "not a directory");
    }

    [Theory, CombinatorialClients]
    public async Task HostileArchivesStayInTheirDirectory(string client)
    {
        await MakeAsync("created");
        await ShellAsync("""
            mkdir -p in && cd in && echo bad > f && tar -P --transform 's,f,../../escaped,' -cf ../up.tar f
            ln f g && tar -P --transform 's,^f$,../etc/passwd,RH' -cf ../link.tar f g 2>/dev/null; ln -s ../../../../../../etc l && tar -cf ../sym.tar l
            tar --transform 's,f,l/through,' -rf ../sym.tar f && printf 'garbage that is no tar at all' > ../junk.tar && head -c 600 ../up.tar > ../cut.tar
            """);
        (await CopyAsync(client, "-", _name + ":/root", await ReadAsync("up.tar"))).Refused(client, 1, "outside of");
        (await CopyAsync(client, "-", _name + ":/root", await ReadAsync("cut.tar"))).Failed(1, "");
        (await CopyAsync(client, "-", _name + ":/root", await ReadAsync("junk.tar"))).Failed(1, "unexpected EOF");
        (await CopyAsync(client, "-", _name + ":/root", await ReadAsync("sym.tar"))).Succeeded();

        // The link led to the container's own /etc, as it does for its programs.
        Assert.Equal("bad\n", await TextOf(client, _name + ":/etc/through"));
        Assert.False(File.Exists("/etc/through"));
    }

    [Theory, CombinatorialClients]
    public async Task CompressedArchivesAreUnpacked(string client)
    {
        await MakeAsync("created");
        await ShellAsync("echo zipped > z && tar -czf z.tar.gz z && tar --zstd -cf z.tar.zst z");
        foreach (string archive in (string[])["z.tar.gz", "z.tar.zst"])
        {
            (await CopyAsync(client, "-", _name + ":/tmp", await ReadAsync(archive))).Succeeded();
            Assert.Equal("zipped\n", await TextOf(client, _name + ":/tmp/z"));
        }
    }

    [Theory, CombinatorialClients]
    public async Task AFullDiskIsSaid(string client)
    {
        foreach (string state in (string[])["running", "created"])
        {
            await MakeAsync(state, "--storage-opt", "size=16m");
            await ShellAsync("head -c 50000000 /dev/urandom > large");
            (await CopyAsync(client, "large", _name + ":/root/")).Failed(1, "no space left on device");
            (await CopyAsync(client, _name + ":/etc/passwd", "passwd")).Succeeded();
            (await Daemon.MvmAsync("rm", "-f", _name)).Succeeded();
        }
    }

    /// <summary>Its processes write all the time: nothing of it may change between two copies.</summary>
    [Theory, CombinatorialClients]
    public async Task FilesOfAPausedContainerAreReachedAndItStandsStill(string client)
    {
        (await Daemon.MvmAsync(
            "run", "-d", "--name", _name, "--network", "none", "busybox", "sh", "-c", "i=0; while true; do i=$((i+1)); echo $i > /root/next; mv /root/next /root/count; done")).Succeeded();
        (await Daemon.MvmAsync("exec", _name, "sh", "-c", "until [ -e /root/count ]; do sleep 0.1; done")).Succeeded();
        (await Daemon.ClientAsync(client, ["pause", _name])).Succeeded();
        string first = await TextOf(client, _name + ":/root/count");
        await ShellAsync("echo sent > sent");
        (await CopyAsync(client, "sent", _name + ":/root/")).Succeeded();
        Assert.Equal("sent\n", await TextOf(client, _name + ":/root/sent"));
        Assert.Contains("A /root/sent", (await Daemon.ClientAsync(client, ["diff", _name])).Succeeded(), StringComparison.Ordinal);
        (await Daemon.ClientAsync(client, ["export", "-o", Path.Combine(_local, "all.tar"), _name])).Succeeded();
        Assert.Equal(first, await ShellAsync("tar -xOf all.tar root/count") + "\n");
        (await Daemon.ClientAsync(client, ["commit", _name, _name + ":1"])).Succeeded();
        Assert.Equal(first, (await Daemon.MvmAsync("run", "--rm", "--network", "none", _name + ":1", "cat", "/root/count")).OutputText);
        Assert.Equal(first, await TextOf(client, _name + ":/root/count"));
        Assert.Equal("paused", (await Daemon.ClientAsync(client, ["inspect", "-f", "{{.State.Status}}", _name])).Succeeded());
        (await Daemon.ClientAsync(client, ["unpause", _name])).Succeeded();
        for (int attempt = 0; await TextOf(client, _name + ":/root/count") == first; attempt++)
        {
            Assert.True(attempt < 100, first);
        }

        (await Daemon.MvmAsync("rmi", _name + ":1")).Succeeded();
    }

    [Fact]
    public async Task AReadOnlyRootIsKept()
    {
        await MakeAsync("running", "--read-only");
        await ShellAsync("echo f > f");
        (await CopyAsync("mvm", "f", _name + ":/root/")).Refused("mvm", 1, "container rootfs is marked read-only");
        (await CopyAsync("mvm", _name + ":/etc/passwd", "p")).Succeeded();
    }

    [Fact]
    public async Task AStartWaitsForACopyAndSeesIt()
    {
        (await Daemon.MvmAsync("create", "--name", _name, "--network", "none", "busybox", "cat", "/root/late")).Succeeded();
        using Process copy = Daemon.Start("mvm", "cp", "-", _name + ":/root");

        // More than lies between the client and the container: when it is taken the copy is under way there.
        byte[] archive = TarOf(("early", new byte[16 << 20]), ("late", "here\n"u8.ToArray()));
        await copy.StandardInput.BaseStream.WriteAsync(archive.AsMemory(0, archive.Length - 2048));
        await copy.StandardInput.BaseStream.FlushAsync();
        Task<CommandResult> start = Daemon.MvmAsync("start", "-a", _name);
        await copy.StandardInput.BaseStream.WriteAsync(archive.AsMemory(archive.Length - 2048));
        (await Command.FinishAsync(copy)).Succeeded();
        Assert.Equal("here", (await start).Succeeded());
    }

    private static byte[] TarOf(params (string Name, byte[] Content)[] files)
    {
        using var stream = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(stream, leaveOpen: true))
        {
            foreach ((string name, byte[] content) in files)
            {
                writer.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(content),
                });
            }
        }

        return stream.ToArray();
    }

    private async Task MakeAsync(string state, params string[] flags)
    {
        string[] command = state == "exited" ? ["true"] : ["sleep", "1000"];
        string verb = state == "created" ? "create" : "run";
        string[] detach = state == "running" ? ["-d"] : [];
        (await Daemon.MvmAsync([verb, .. detach, "--name", _name, "--network", "none", .. flags, "busybox", .. command])).Succeeded();
    }

    /// <summary>Local paths are below the test's directory.</summary>
    private Task<CommandResult> CopyAsync(string client, string source, string destination, byte[]? input = null) =>
        Daemon.ClientAsync(client, ["cp", Local(source), Local(destination)], input);

    private string Local(string path) => path == "-" || path.Contains(':', StringComparison.Ordinal) ? path : $"{_local}/{path}";

    private async Task<string> TextOf(string client, string path)
    {
        (await CopyAsync(client, path, "text")).Succeeded();
        return await File.ReadAllTextAsync(Path.Combine(_local, "text"));
    }

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(Path.Combine(_local, name));

    private async Task<string> ShellAsync(string script) => (await Command.RunAsync("bash", ["-ec", $"cd {_local}\n{script}"])).Succeeded();

    private static string Squeezed(string text) => string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
