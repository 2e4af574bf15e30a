using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>A program in virtiofsd's place that tries to get out (tests/jail/share-intruder.c). As root.</summary>
public sealed class ShareIntruderTests : IDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-intruder").FullName;
    private readonly string _intruder;

    public ShareIntruderTests() => _intruder = IntruderProgram.Build("share-intruder", _directory);

    private string Share => Path.Combine(_directory, "share");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task TheJailHolds()
    {
        Assert.Equal("held", await TryAsync("vm-g", Share));

        // And it can do what it is for: owners are those that it gives, and modes too.
        Assert.Equal(new(1234, 5678, 0x8180), FileOwner.Of(Path.Combine(Share, "private")));
        Assert.Equal((4321u, 0u), (FileOwner.Of(Path.Combine(Share, "open/made")).User, FileOwner.Of(Path.Combine(Share, "open/made")).Group));
    }

    /// <summary>Else the test above could not fail: as root, for a file system that shows its owners to nobody else, it reaches a lot before it has shut itself in.</summary>
    [Fact]
    public async Task AsRootItWouldReachTheHost()
    {
        using MountedFileSystem other = MountedFileSystem.Create(Share);
        string reached = await TryAsync("vm-h", Share);
        Assert.DoesNotContain("kernel settings", reached, StringComparison.Ordinal);
        Assert.All(["the host's device", "owner out of range", "user out of range"], what => Assert.Contains(what, reached, StringComparison.Ordinal));
    }

    private async Task<string> TryAsync(string name, string share)
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, name) with { Shares = [new(share, ReadOnly: false), new(await ReadOnlyAsync(), ReadOnly: true)] };
        await LayOutAsync(share, spec);
        HypervisorOptions options = TestHost.Options with
        {
            VirtiofsdPath = _intruder,
            Directory = Path.Combine(_directory, "hypervisor"),
            Jail = new() { Users = new(JailOptions.DefaultUsers.First + JailOptions.DefaultUsers.Count + 10, 2) }, // Its fork bomb uses its user up.
        };
        await using IVirtualMachine machine = await new QemuHypervisor(options).StartAsync(spec, TestContext.Current.CancellationToken);
        VmExit exit = await machine.Exited.WaitAsync(s_limit, TestContext.Current.CancellationToken);
        string outcome = Path.Combine(share, "outcome");
        Assert.True(File.Exists(outcome), exit.Reason);
        return (await File.ReadAllTextAsync(outcome, TestContext.Current.CancellationToken)).TrimEnd();
    }

    private async Task<string> ReadOnlyAsync()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, "read-only")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "file"), "", TestContext.Current.CancellationToken);
        return directory;
    }

    /// <summary>What it finds, and what it must not find: another VM's share, the host's names of its own, its VM's directory.</summary>
    private async Task LayOutAsync(string share, VmSpec spec)
    {
        string other = Directory.CreateDirectory(Path.Combine(_directory, "other")).FullName;
        string[] paths = [Path.Combine(other, "secret"), Path.Combine(share, "private"), spec.RuntimeDirectory, spec.Scratch.Path, "/etc/shadow", "/var/lib/dpkg/status"];
        await File.WriteAllTextAsync(paths[0], "secret", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(Path.Combine(share, "open"));
        File.SetUnixFileMode(Path.Combine(share, "open"), (UnixFileMode)0x1ff);
        await File.WriteAllTextAsync(Path.Combine(share, "private"), "", TestContext.Current.CancellationToken);
        FileOwner.Change(Path.Combine(share, "private"), 99, 99);
        File.CreateSymbolicLink(Path.Combine(share, "link"), paths[0]);
        await File.WriteAllLinesAsync(Path.Combine(share, "paths"), paths, TestContext.Current.CancellationToken);
        File.Copy(_intruder, Path.Combine(share, "setuid"));
        File.SetUnixFileMode(Path.Combine(share, "setuid"), (UnixFileMode)0x9ed);
        IntruderProgram.Run("mknod", "-m", "666", Path.Combine(share, "device"), "c", "1", "5");
    }
}
