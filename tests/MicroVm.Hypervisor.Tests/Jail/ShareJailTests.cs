using System.Globalization;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Shares;
using MicroVm.Hypervisor.Tests.Drivers;

namespace MicroVm.Hypervisor.Tests.Jail;

public sealed class QemuShareJailTests : ShareJailTests
{
    protected override IHypervisor Hypervisor => new QemuHypervisor(TestHost.Options);
}

public sealed class LibvirtShareJailTests(EmbeddedLibvirt libvirt) : ShareJailTests
{
    protected override IHypervisor Hypervisor => libvirt.Hypervisor;
}

/// <summary>The jail of a running VM's virtiofsd, looked at from the host. As root.</summary>
public abstract class ShareJailTests : IAsyncLifetime
{
    // chown, dac_override, fowner, fsetid, setgid, setuid.
    private const string Serving = "00000000000000db";

    private static readonly string[] s_namespaces = ["mnt", "pid", "ipc", "uts", "net", "cgroup"];
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-shares").FullName;
    private VmSpec _spec = null!;
    private IVirtualMachine _machine = null!;
    private string _process = null!;

    /// <summary>As a daemon that starts has it.</summary>
    protected abstract IHypervisor Hypervisor { get; }

    private string Number => Path.GetFileName(_process);

    public async ValueTask InitializeAsync()
    {
        string[] names = ["own", "read", "file"];
        Directory.CreateDirectory(PathOf(names[0]));
        Directory.CreateDirectory(PathOf(names[1]));
        await File.WriteAllTextAsync(PathOf(names[2]), "", TestContext.Current.CancellationToken);
        ShareSpec[] shares = [.. names.Select((name, number) => new ShareSpec(PathOf(name), ReadOnly: number == 1))];
        _spec = await TestHost.SpecAsync(_directory, "vm-s") with { Shares = shares };
        _machine = await Hypervisor.StartAsync(_spec, TestContext.Current.CancellationToken);
        try
        {
            _process = "/proc/" + (await File.ReadAllTextAsync(new VmPaths(_spec.RuntimeDirectory).SharesProcess, TestContext.Current.CancellationToken)).Split(' ')[0];

            // It drops the last of what it had to begin with.
            await UntilAsync(() => Status(_process) is var status && status["Seccomp_filters"] == "2" && status["CapEff"] == Serving);
        }
        catch
        {
            await DisposeAsync(); // Nobody else calls it now.
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _machine.KillAsync();
        await _machine.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void ItIsAUserOfItsOwn()
    {
        Dictionary<string, string> status = Status(_process);
        string[] users = status["Uid"].Split('\t');
        uint user = uint.Parse(users[0], CultureInfo.InvariantCulture);
        Assert.InRange(user, JailOptions.DefaultUsers.First, JailOptions.DefaultUsers.First + JailOptions.DefaultUsers.Count - 1);
        Assert.All(users, u => Assert.Equal(users[0], u));
        Assert.Equal((status["Uid"], ""), (status["Gid"], status["Groups"]));
        Assert.NotEqual(status["Uid"], Status($"/proc/{_machine.ProcessId}")["Uid"]);
    }

    /// <summary>Privileges count where the namespace that they are of reaches: over the files, and over nothing else.</summary>
    [Fact]
    public async Task OnTheHostItHasNoPrivileges()
    {
        Dictionary<string, string> status = Status(_process);
        Assert.NotEqual(Namespace("/proc/self", "user"), Namespace(_process, "user"));
        uint user = uint.Parse(status["Uid"].Split('\t')[0], CultureInfo.InvariantCulture);
        string[] map = [$"0 {user} 1", $"1 {ShareIds.Base + 1} {ShareIds.End - 1}"];
        Assert.All(["uid_map", "gid_map"], name => Assert.Equal(map, Words(File.ReadAllText(Path.Combine(_process, name)))));
        (int exitCode, string text) = await Commands.RunAsync("lsns", "-n", "-o", "TYPE,ONS", "-p", Number);
        Assert.Equal(0, exitCode);
        string[] owners = [.. Words(text).Where(line => s_namespaces.Contains(line.Split(' ')[0])).Order(StringComparer.Ordinal)];
        string host = Namespace("/proc/self", "user")["user:[".Length..^1];
        Assert.Equal(s_namespaces.Order(StringComparer.Ordinal).Select(name => $"{name} {host}"), owners);
    }

    [Fact]
    public void InItsUserNamespaceItHasThoseThatFilesNeed()
    {
        Dictionary<string, string> status = Status(_process);
        Assert.Equal((Serving, Serving), (status["CapPrm"], status["CapEff"]));
        Assert.All(["CapInh", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
        Assert.Equal(("1", "2", "2"), (status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]));
    }

    [Fact]
    public void ItsNamespacesAreItsOwn()
    {
        Assert.All(s_namespaces, name => Assert.NotEqual(Namespace("/proc/self", name), Namespace(_process, name)));
        string vmm = $"/proc/{_machine.ProcessId}";
        Assert.All(["mnt", "ipc", "uts", "net", "user"], name => Assert.NotEqual(Namespace(vmm, name), Namespace(_process, name)));
        Assert.Equal("1", Status(_process)["NSpid"].Split('\t')[^1]);
        Assert.Equal("lo", Assert.Single(File.ReadLines(_process + "/net/dev").Skip(2).Select(l => l.Split(':')[0].Trim())));
    }

    [Fact]
    public void ItSeesTheSharesAlone()
    {
        Assert.Equal(["0", "1", "2"], Directory.GetFileSystemEntries(_process + "/root").Select(f => Path.GetFileName(f)).Order());
        string[][] mounts = [.. Mounts(_process)];
        Assert.Equal(["/0", "/1", "/2"], mounts.Select(words => words[4]).Order());
        Assert.All(mounts, words => Assert.Equal(
            ["idmapped", "nodev", "nosuid", words[4] == "/1" ? "ro" : "rw"], words[5].Split(',').Where(option => !option.EndsWith("atime", StringComparison.Ordinal)).Order()));
    }

    [Fact]
    public void ItHasNoDescriptorButThoseOfItsVm()
    {
        string[] allowed =
        [
            "anon_inode:[eventfd]", "anon_inode:[eventpoll]", "socket:", "/null", "/proc/1/fd", "/proc/1/task", "/shares/" + _spec.Id,
            _spec.RuntimeDirectory + "/shares.messages", Namespace(_process, "user"),
        ];
        string[] targets = [.. Directory.GetFileSystemEntries(_process + "/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "")];
        Assert.All(targets, target => Assert.Contains(allowed, prefix => target.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ItIsInItsVmsControlGroup()
    {
        ControlGroups groups = new("mvm", File.ReadLines("/proc/self/mounts"));
        await UntilAsync(() => groups.DirectoriesOf(_spec.Id).All(directory => File.ReadLines(Path.Combine(directory, "cgroup.procs")).Contains(Number)));
        Assert.NotEmpty(groups.DirectoriesOf(_spec.Id));
    }

    /// <summary>A disk that a forgotten process still has mounted can't be taken away.</summary>
    [Fact]
    public void NobodyElseHasItsMounts()
    {
        string guard = $"/proc/{Status(_process)["PPid"]}";
        Assert.Equal("/", Assert.Single(Mounts(guard))[4]);
        Assert.Empty(Directory.GetFileSystemEntries(guard + "/root"));
        Assert.Equal("/", new FileInfo(guard + "/cwd").LinkTarget);
        Assert.DoesNotContain(Mounts("/proc/self"), words => words[5].Contains("idmapped", StringComparison.Ordinal) || words[4].StartsWith(_directory, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NothingOfItStays()
    {
        string claim = Path.Combine(TestHost.Options.Jail.ClaimsDirectory, Status(_process)["Uid"].Split('\t')[0]);
        string guard = $"/proc/{Status(_process)["PPid"]}";
        Assert.True(File.Exists(claim));
        await _machine.KillAsync();
        Assert.False(File.Exists(claim));
        Assert.False(Directory.Exists(_process));
        Assert.False(Directory.Exists(guard));
        Assert.Empty(Directory.GetFiles(_spec.RuntimeDirectory));
    }

    [Fact]
    public async Task ADaemonThatComesLaterHasItsUser()
    {
        string claim = Path.Combine(TestHost.Options.Jail.ClaimsDirectory, Status(_process)["Uid"].Split('\t')[0]);
        await _machine.DisposeAsync();
        _machine = (await Hypervisor.AdoptAsync(_spec, TestContext.Current.CancellationToken))!;
        Assert.StartsWith(Number + " ", await File.ReadAllTextAsync(claim, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await _machine.KillAsync();
        Assert.False(File.Exists(claim));
        Assert.False(Directory.Exists(_process));
    }

    private string PathOf(string name) => Path.Combine(_directory, name);

    private static IEnumerable<string[]> Mounts(string process) => File.ReadLines(process + "/mountinfo").Select(line => line.Split(' '));

    private static string Namespace(string process, string name) => new FileInfo($"{process}/ns/{name}").LinkTarget!;

    private static IEnumerable<string> Words(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    private async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !_machine.Exited.IsCompleted && !condition(); i++)
        {
            await Task.Delay(50);
        }

        Assert.False(_machine.Exited.IsCompleted, _machine.Exited.IsCompleted ? (await _machine.Exited).Reason : "");
        Assert.True(condition());
    }

    private static Dictionary<string, string> Status(string process) => File.ReadLines(process + "/status")
        .Select(line => line.Split(':', 2))
        .ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
