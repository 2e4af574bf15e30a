using System.Globalization;
using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>A running VM's jail, looked at from the host: the same with every driver, but for what the driver's class says. As root.</summary>
public abstract class JailTests : IAsyncLifetime
{
    private static readonly EnumerationOptions s_noLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint };
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-jail").FullName;
    private IHypervisor _hypervisor = null!;
    private VmSpec _spec = null!;
    private IVirtualMachine _machine = null!;

    /// <summary>As a daemon that starts has it.</summary>
    protected abstract Task<IHypervisor> OpenAsync();

    /// <summary>Beside those that every jail has.</summary>
    protected virtual IReadOnlyList<string> OwnNamespaces => ["mnt", "ipc", "uts", "net", "cgroup"];

    /// <summary>What it sees beside QEMU, what takes its privileges away, and its files.</summary>
    protected virtual IReadOnlyList<string> OtherFiles(VmSpec spec) => [spec.Kernel, spec.Initramfs];

    /// <summary>Names of descriptors that it has, beside those of its disks, channel and console.</summary>
    protected virtual IReadOnlyList<string> OtherDescriptors => [];

    protected VmSpec Spec => _spec;

    protected IVirtualMachine Machine => _machine;

    public async ValueTask InitializeAsync()
    {
        _hypervisor = await OpenAsync();
        _spec = await TestHost.SpecAsync(_directory, "vm-a") with { CpuQuota = 0.5 };
        _machine = await _hypervisor.StartAsync(_spec, TestContext.Current.CancellationToken);
        try
        {
            await UntilAsync(() => Status()["Name"].StartsWith("qemu", StringComparison.Ordinal) && Status()["Seccomp_filters"] == "2");
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
    public void ItIsAUserOfItsOwnWithoutPrivileges()
    {
        Dictionary<string, string> status = Status();
        string[] users = status["Uid"].Split('\t');
        uint user = uint.Parse(users[0], CultureInfo.InvariantCulture);
        Assert.InRange(user, JailOptions.DefaultUsers.First, JailOptions.DefaultUsers.First + JailOptions.DefaultUsers.Count - 1);
        Assert.All(users, u => Assert.Equal(users[0], u));
        Assert.Equal(status["Uid"], status["Gid"]);
        Assert.Equal("", status["Groups"]);
        Assert.All(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
        Assert.Equal("1", status["NoNewPrivs"]);
        Assert.Equal("2", status["Seccomp"]);
    }

    [Fact]
    public async Task NoTwoVmsHaveTheSameUser()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-b");
        await using IVirtualMachine second = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        string User(IVirtualMachine machine) => File.ReadLines($"/proc/{machine.ProcessId}/status").First(l => l.StartsWith("Uid", StringComparison.Ordinal));
        Assert.NotEqual(User(_machine), User(second));
        await second.KillAsync();
    }

    [Fact]
    public void ItsNamespacesAreItsOwn()
    {
        Assert.All(OwnNamespaces, name => Assert.NotEqual(Namespace("self", name), Namespace(Process, name)));
        string[] interfaces = [.. File.ReadLines($"/proc/{Process}/net/dev").Skip(2).Select(l => l.Split(':')[0].Trim())];
        Assert.Equal("lo", Assert.Single(interfaces));
    }

    [Fact]
    public async Task UserModeNetworkingKeepsTheHostsNetworkOnly()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-c") with { Networks = [new() { MacAddress = [2, 0, 0, 0, 0, 1] }] };
        await using IVirtualMachine machine = await _hypervisor.StartAsync(spec, TestContext.Current.CancellationToken);
        string pid = machine.ProcessId.ToString(CultureInfo.InvariantCulture);
        Assert.Equal(Namespace("self", "net"), Namespace(pid, "net"));
        Assert.All(OwnNamespaces.Where(n => n != "net"), name => Assert.NotEqual(Namespace("self", name), Namespace(pid, name)));
        await machine.KillAsync();
    }

    [Fact]
    public void ItSeesNoFilesButItsOwn()
    {
        string root = $"/proc/{Process}/root";
        string[] files = [.. Directory.EnumerateFiles(root, "*", s_noLinks).Select(f => f[root.Length..])];
        string[] own = [.. files.Where(f => !f.StartsWith("/usr/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        string run = _spec.RuntimeDirectory;
        Assert.Equal(
            new[] { "/dev/null", _spec.Root.Path, _spec.Scratch.Path, $"{run}/token", $"{run}/console.in", $"{run}/console.out" }
                .Concat(OtherFiles(_spec)).Order(StringComparer.Ordinal),
            own);
        string[] programs = [.. files.Where(f => f.Contains("/bin/", StringComparison.Ordinal)).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        Assert.Equal(["qemu-system-x86_64", "setpriv"], programs);
        Assert.InRange(files.Length, 20, 150);
    }

    [Fact]
    public void OnlyItsScratchDiskAndConsoleCanBeWritten()
    {
        string[] writable = [.. File.ReadLines($"/proc/{Process}/mountinfo")
            .Select(line => line.Split(' '))
            .Where(words => words[5].Split(',').Contains("rw"))
            .Select(words => words[4])
            .Where(target => target != "/dev/null")
            .Order(StringComparer.Ordinal)];
        Assert.Equal(
            new[] { _spec.Scratch.Path, $"{_spec.RuntimeDirectory}/console.in", $"{_spec.RuntimeDirectory}/console.out" }.Order(StringComparer.Ordinal),
            writable);
    }

    [Fact]
    public void ItHasNoDescriptorButThoseOfItsVm()
    {
        string[] allowed =
        [
            "anon_inode:", "socket:", "/dev/null", _spec.Root.Path, _spec.Scratch.Path, _spec.RuntimeDirectory + "/", .. OtherDescriptors,
        ];
        foreach (string fd in Directory.GetFiles($"/proc/{Process}/fd"))
        {
            string target = new FileInfo(fd).LinkTarget ?? "";
            Assert.True(allowed.Any(prefix => target.StartsWith(prefix, StringComparison.Ordinal)), $"{fd} -> {target}");
        }
    }

    [Fact]
    public async Task ItsControlGroupBoundsMemoryTasksAndTime()
    {
        ControlGroups groups = new("mvm", File.ReadLines("/proc/self/mounts"));
        Assert.Empty(groups.Missing);
        string Read(params string[] names) => groups.DirectoriesOf(_spec.Id)
            .SelectMany(directory => names.Select(name => Path.Combine(directory, name))).Where(File.Exists).Select(File.ReadAllText).First().Trim();
        Assert.Equal((_spec.Memory + (1280L << 20)).ToString(CultureInfo.InvariantCulture), Read("memory.max", "memory.limit_in_bytes"));
        Assert.Equal("129", Read("pids.max"));
        Assert.StartsWith("50000", Read("cpu.max", "cpu.cfs_quota_us"), StringComparison.Ordinal);
        await UntilAsync(() => groups.DirectoriesOf(_spec.Id)
            .All(directory => File.ReadLines(Path.Combine(directory, "cgroup.procs")).Contains(Process)));
    }

    [Fact]
    public void ItsLimitsAreSet()
    {
        string Limit(string name) => string.Join(' ', File.ReadLines($"/proc/{Process}/limits")
            .First(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2));
        Assert.Equal("0 0", Limit("Max core file size"));
        Assert.Equal("4096 4096", Limit("Max open files"));
        Assert.Equal("129 129", Limit("Max processes"));
        Assert.Equal($"{64 << 20} {64 << 20}", Limit("Max file size"));
    }

    [Fact]
    public async Task NothingOfItStays()
    {
        string[] groups = [.. new ControlGroups("mvm", File.ReadLines("/proc/self/mounts")).DirectoriesOf(_spec.Id)];
        Assert.All(groups, group => Assert.True(Directory.Exists(group)));
        await _machine.KillAsync();
        Assert.All(groups, group => Assert.False(Directory.Exists(group)));
        Assert.Empty(Directory.GetFiles(_spec.RuntimeDirectory));
    }

    protected string Process => _machine.ProcessId.ToString(CultureInfo.InvariantCulture);

    private static string Namespace(string process, string name) => new FileInfo($"/proc/{process}/ns/{name}").LinkTarget!;

    protected async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 600 && !_machine.Exited.IsCompleted && !condition(); i++)
        {
            await Task.Delay(50);
        }

        Assert.False(_machine.Exited.IsCompleted, _machine.Exited.IsCompleted ? (await _machine.Exited).Reason : "");
        Assert.True(condition());
    }

    protected Dictionary<string, string> Status() => File.ReadLines($"/proc/{Process}/status")
        .Select(line => line.Split(':', 2))
        .ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
