using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>Directories and files of the host in containers, both ways, with both clients.</summary>
public sealed class BindMountTests(DaemonFixture fixture) : IDisposable
{
    private const int Files = 10_000;

    // What programs do with files: every call must mean in a bind mount what it means on a disk.
    private const string Program = """
        import errno, fcntl, hashlib, mmap, os, subprocess, sys
        os.chdir('/app')
        os.umask(0)
        open('script', 'w').write('#!/bin/sh\necho ran as $(id -u)\n')
        os.chmod('script', 0o755)
        print(subprocess.run(['./script'], stdout=subprocess.PIPE, check=True).stdout.decode().strip())
        os.symlink('script', 'symlink'); os.link('script', 'hard')
        assert os.stat('hard').st_nlink == 2 and os.readlink('symlink') == 'script'
        os.chown('script', 1234, 2345); os.chmod('script', 0o4751)
        assert (os.stat('hard').st_uid, os.stat('hard').st_gid, os.stat('hard').st_mode & 0o7777) == (1234, 2345, 0o4751)
        with open('mapped', 'wb+') as f:
            f.truncate(1 << 20)
            m = mmap.mmap(f.fileno(), 0); m[4096:4101] = b'hello'; m.flush(); m.close()
            f.seek(4096); assert f.read(5) == b'hello'
        a, b = open('lock', 'w'), open('lock', 'w')
        fcntl.flock(a, fcntl.LOCK_EX)
        try: fcntl.flock(b, fcntl.LOCK_EX | fcntl.LOCK_NB); raise SystemExit('locked twice')
        except OSError as e: assert e.errno == errno.EWOULDBLOCK
        fcntl.lockf(a, fcntl.LOCK_EX)
        os.rename('mapped', 'renamed'); os.replace('lock', 'replaced')
        f = open('synced', 'w'); f.write('x' * 100); f.flush(); os.fsync(f.fileno()); os.fdatasync(f.fileno())
        os.setxattr('synced', 'user.colour', b'red'); assert os.getxattr('synced', 'user.colour') == b'red'
        f = open('append', 'a'); f.write('1'); f.flush(); open('append', 'a').write('2'); assert open('append').read() == '12'
        u = open('unlinked', 'w+'); os.unlink('unlinked'); u.write('still'); u.seek(0); assert u.read() == 'still'
        os.mkfifo('fifo')
        os.utime('synced', (1, 978307200)); assert os.stat('synced').st_mtime == 978307200
        d = os.open('.', os.O_RDONLY | os.O_DIRECTORY); os.fsync(d)
        os.posix_fallocate(os.open('allocated', os.O_RDWR | os.O_CREAT), 0, 1 << 20)
        os.mkdir('many')
        for i in range(FILES): open('many/%d' % i, 'w').write(str(i))
        assert len(os.listdir('many')) == FILES
        h = hashlib.sha256()
        with open('big', 'wb') as f:
            for i in range(256):
                block = bytes([i]) * (1 << 20); h.update(block); f.write(block)
        print(h.hexdigest())
        print(hashlib.sha256(open('given', 'rb').read()).hexdigest())
        """;

    // Owners: who makes a file has it, a directory's group goes on to what is made in it, and whom a file belongs to says who may use it.
    private const string Owners = """
        import os, subprocess
        os.chdir('/app'); os.umask(0o022); os.chmod('.', 0o755)
        def as_user(user, group, code):
            return subprocess.run(['python3', '-c', 'import os\n' + code], user=user, group=group, extra_groups=[], stderr=subprocess.DEVNULL).returncode
        os.mkdir('open'); os.chmod('open', 0o1777)
        assert as_user(1000, 1001, "open('/app/open/made', 'w'); os.mkdir('/app/open/dir'); os.symlink('made', '/app/open/link'); os.mkfifo('/app/open/fifo')") == 0
        os.mkdir('group'); os.chown('group', 0, 2000); os.chmod('group', 0o2777)
        assert as_user(1000, 1001, "open('/app/group/made', 'w'); os.mkdir('/app/group/dir')") == 0
        open('first', 'w').write('linked'); os.chmod('first', 0o640); os.chown('first', 77, 88); os.link('first', 'second')
        open('private', 'w').write('secret'); os.chmod('private', 0o600)
        assert as_user(1000, 1001, "open('/app/private')") == 1 and as_user(1000, 1001, "os.chown('/app/private', 1000, 1000)") == 1
        assert as_user(1000, 1001, "os.unlink('/app/open/made'); open('/app/open/made', 'w')") == 0
        assert as_user(1002, 1001, "os.unlink('/app/open/made')") == 1
        os.chown('open/link', 5, 6, follow_symlinks=False)
        open('last', 'w'); os.chown('last', 2 ** 30 - 1, 2 ** 30 - 1)
        for too_high in (2 ** 30, 2 ** 31, 2 ** 32 - 2):
            try: os.chown('last', too_high, 0); raise SystemExit('given to %d' % too_high)
            except OSError as e: assert e.errno == 22
        s = os.stat('beyond'); assert (s.st_uid, s.st_gid) == (65534, 65534) and open('beyond').read() == 'beyond'
        for change in (lambda: open('beyond', 'a'), lambda: os.chmod('beyond', 0o777), lambda: os.chown('beyond', 0, 0), lambda: os.unlink('beyond'), lambda: os.rename('beyond', 'moved')):
            try: change(); raise SystemExit('changed')
            except OSError: pass
        os.setxattr('last', 'user.colour', b'red')
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-bind-").FullName;

    private Daemon Daemon => fixture.Daemon;

    private string this[string name] => Path.Combine(_directory, name);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task EverythingThatProgramsDoWithFilesWorks()
    {
        byte[] given = new byte[3_000_000];
        new Random(1).NextBytes(given);
        await File.WriteAllBytesAsync(this["given"], given, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(this["program.py"], Program.Replace("FILES", $"{Files}", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await Daemon.MvmAsync("pull", "-q", "python:3.11-slim")).Succeeded();
        string[] lines = (await Daemon.MvmAsync("run", "--rm", "--network", "none", "-v", _directory + ":/app", "python:3.11-slim", "python3", "/app/program.py")).Succeeded().Split('\n');
        Assert.Equal("ran as 0", lines[0]);
        Assert.Equal(lines[1], await HostAsync("sha256sum < big | cut -d' ' -f1"));
        Assert.Equal(lines[2], await HostAsync("sha256sum < given | cut -d' ' -f1"));
        Assert.Equal($"{Files}", await HostAsync("ls many | wc -l"));
        Assert.Equal("4321", await HostAsync("cat many/4321"));
        Assert.Equal("1234 2345 4751 2", await HostAsync("stat -c '%u %g %a %h' hard"));
        Assert.Equal("script", await HostAsync("readlink symlink"));
        Assert.Equal("fifo", await HostAsync("stat -c %F fifo"));
    }

    [Theory]
    [CombinatorialClients]
    public async Task TheHostsFilesAreSeenAsTheyAre(string client)
    {
        await HostAsync("echo '#!/bin/sh' > run; echo 'echo script \"$@\"' >> run; chmod 700 run; chown 5:6 run; ln -s run link; ln run hard; mkdir -m 2775 dir; echo x > dir/file");
        const string look = "cd /app && stat -c '%n %u:%g %a %h' run link dir dir/file && /app/link arguments";
        Assert.Equal("run 5:6 700 2\nlink 0:0 777 1\ndir 0:0 2775 2\ndir/file 0:0 644 1\nscript arguments", await RunAsync(client, ["-v", _directory + ":/app"], look));
        Assert.Equal("script there", await RunAsync(client, ["--mount", $"type=bind,src={_directory},dst=/app"], "/app/run there"));
    }

    [Theory]
    [InlineData("mvm")]
    [InlineData("libvirt")]
    public async Task OwnersAreTheSameOnBothSides(string runtime)
    {
        await HostAsync("echo -n beyond > beyond; chown 1073741824:3000000000 beyond");
        await File.WriteAllTextAsync(this["owners.py"], Owners, TestContext.Current.CancellationToken);
        (await Daemon.MvmAsync("pull", "-q", "python:3.11-slim")).Succeeded();
        (await Daemon.MvmAsync("run", "--rm", "--runtime", runtime, "--network", "none", "-v", _directory + ":/app", "python:3.11-slim", "python3", "/app/owners.py")).Succeeded();
        Assert.Equal(
            """
            beyond 1073741824:3000000000 644
            group 0:2000 2777
            group/dir 1000:2000 2755
            group/made 1000:2000 644
            last 1073741823:1073741823 644
            open 0:0 1777
            open/dir 1000:1001 755
            open/fifo 1000:1001 644
            open/link 5:6 777
            open/made 1000:1001 644
            private 0:0 600
            second 77:88 640
            """,
            await HostAsync("stat -c '%n %u:%g %a' beyond group group/* last open open/* private second"));
        Assert.Equal("linked", await HostAsync("cat second"));
    }

    [Theory]
    [CombinatorialClients]
    public async Task ReadOnlyIsReadOnly(string client)
    {
        await HostAsync("echo x > file");
        string[][] forms = [["-v", _directory + ":/app:ro"], ["--mount", $"type=bind,src={_directory},dst=/app,readonly"]];
        foreach (string[] form in forms)
        {
            const string write = "for what in 'touch new' 'rm file' 'chmod 777 file' 'mkdir dir' 'mount -o remount,rw /app'; do cd /app && $what 2>&1; done; cat file";
            string said = await RunAsync(client, [.. form, "--cap-add", "SYS_ADMIN"], write);
            Assert.Equal(4, said.Split('\n').Count(line => line.Contains("Read-only file system", StringComparison.Ordinal)));
            Assert.EndsWith("\nx", said, StringComparison.Ordinal);
        }

        // Not only the guest's kernel says so: one that lies to itself meets the host's.
        string remounted = await RunAsync(client, ["-v", _directory + ":/app:ro", "--privileged"], "mount -o remount,rw,bind /app && touch /app/new 2>&1; ls /app");
        Assert.Contains("Read-only file system", remounted, StringComparison.Ordinal);
        Assert.False(File.Exists(this["new"]));
    }

    [Theory]
    [CombinatorialClients]
    public async Task OneFileIsMountedOverAnother(string client)
    {
        await File.WriteAllTextAsync(this["passwd"], "somebody:x:7:7::/:/bin/sh\n", TestContext.Current.CancellationToken);
        string[] mounts = ["-v", this["passwd"] + ":/etc/passwd:ro", "-v", this["passwd"] + ":/new/place/file"];
        string told = await RunAsync(client, mounts, "id -u somebody; echo more >> /new/place/file; touch /etc/passwd 2>&1; cat /new/place/file");
        Assert.Equal("7\ntouch: /etc/passwd: Read-only file system\nsomebody:x:7:7::/:/bin/sh\nmore", told);
        Assert.Equal("somebody:x:7:7::/:/bin/sh\nmore\n", await File.ReadAllTextAsync(this["passwd"], TestContext.Current.CancellationToken));
    }

    [Theory]
    [CombinatorialClients]
    public async Task WhatIsMissingIsMadeOrRefused(string client)
    {
        await RunAsync(client, ["-v", this["made/here"] + ":/app"], "touch /app/file");
        Assert.True(File.Exists(this["made/here/file"]));
        Assert.All(["made", "made/here"], name => Assert.Equal((UnixFileMode)0x1ed, File.GetUnixFileMode(this[name])));
        string[][] refused =
        [
            ["--mount", $"type=bind,src={this["none"]},dst=/app", $"invalid mount config for type \"bind\": bind source path does not exist: {this["none"]}"],
            ["-v", _directory + ":/app:rx", "invalid mode: rx"],
            ["-v", _directory + ":app", "mount path must be absolute"],
            ["-v", "no/name:/app", "includes invalid characters for a local volume name"],
            ["-v", fixture.Daemon.Socket + ":/s", "is a socket, which a virtual machine can't share with its host"],
        ];
        foreach (string[] words in refused)
        {
            (await Daemon.ClientAsync(client, ["run", "--rm", words[0], words[1], "busybox", "true"])).Failed(125, words[2]);
        }

        (await Daemon.ClientAsync(client, ["run", "--rm", "-v", _directory + ":/app", "-v", "/tmp:/app", "busybox", "true"])).Failed(125, "Duplicate mount point: /app");
        Assert.False(Directory.Exists(this["none"]));
    }

    [Theory]
    [CombinatorialClients]
    public async Task InspectTellsWhatIsMounted(string client)
    {
        string id = (await Daemon.ClientAsync(client, ["create", "-v", _directory + ":/app:ro", "busybox"])).Succeeded();
        const string format = "{{range .Mounts}}{{.Type}} {{.Source}} {{.Destination}} {{.Mode}} {{.RW}} {{.Propagation}}{{end}} {{.HostConfig.Binds}}";
        Assert.Equal($"bind {_directory} /app ro false rprivate [{_directory}:/app:ro]", (await Daemon.ClientAsync(client, ["inspect", "-f", format, id])).Succeeded());
        (await Daemon.MvmAsync("rm", id)).Succeeded();
    }

    private async Task<string> RunAsync(string client, string[] options, string script) =>
        (await Daemon.ClientAsync(client, ["run", "--rm", "--network", "none", .. options, "busybox", "sh", "-c", script])).Succeeded();

    private async Task<string> HostAsync(string script) => (await Command.RunAsync("sh", ["-c", $"cd {_directory} && {script}"])).Succeeded();
}
