using System.Globalization;
using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>A daemon that an ordinary user runs.</summary>
public sealed class RootlessTests
{
    // Neither a person's nor a VM's.
    private const uint User = 1_879_200_000;

    private const string Doctor = """
        mkdir "$0/dist" && mount --bind "${1%/cli/*}" "$0/dist" && exec setpriv --reuid "$2" --regid "$2" --clear-groups "$0/dist/cli/mvm" doctor
        """;

    [Theory]
    [InlineData("qemu", new[] { "user", "mnt", "ipc", "uts", "net", "cgroup", "pid" })]
    [InlineData("libvirt", new[] { "user", "mnt", "ipc", "uts", "net", "cgroup" })]
    public async Task ItsVmsAreConfinedAsFarAsAUserCanDoThat(string driver, string[] namespaces)
    {
        await using Daemon daemon = await Daemon.StartAsync(User);
        await daemon.LoadBusyboxAsync();
        CommandResult run = await daemon.MvmAsync("run", "--rm", "--driver", driver, "--network", "none", "busybox", "sh", "-c", "echo out; exit 3");
        Assert.Equal((3, "out\n"), (run.ExitCode, run.OutputText));
        string id = (await daemon.MvmAsync("run", "-d", "--driver", driver, "--network", "none", "busybox", "sleep", "1000")).Succeeded();
        string process = "/proc/" + (await daemon.DockerAsync("inspect", "-f", "{{.State.Pid}}", id)).Succeeded();
        Assert.All(namespaces, name => Assert.NotEqual(Namespace("/proc/self", name), Namespace(process, name)));
        Dictionary<string, string> status = File.ReadLines(process + "/status").Select(l => l.Split(':', 2)).ToDictionary(p => p[0], p => p[1].Trim());
        Assert.Equal(User.ToString(CultureInfo.InvariantCulture), status["Uid"].Split('\t').Distinct().Single());
        Assert.All(["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"], set => Assert.Equal("0000000000000000", status[set]));
        Assert.Equal(("1", "2", "2"), (status["NoNewPrivs"], status["Seccomp"], status["Seccomp_filters"]));
        string root = process + "/root";
        Assert.False(Directory.Exists(root + "/proc"));
        Assert.False(Directory.Exists(root + "/etc"));
        Assert.Equal(["null"], Directory.GetFiles(root + "/dev").Select(f => Path.GetFileName(f)!));
    }

    [Fact]
    public async Task ItsVolumesAreItsUsers()
    {
        await using Daemon daemon = await Daemon.StartAsync(User);
        await daemon.LoadBusyboxAsync();
        const string script = "echo mine > /data/file; stat -c %u /data/file; su -s /bin/sh nobody -c 'touch /data/other' 2>&1 | wc -l";
        string[] lines = (await daemon.MvmAsync("run", "--rm", "--network", "none", "-v", "data:/data", "busybox", "sh", "-c", script)).Succeeded().Split('\n');
        Assert.Equal(["0", "1"], lines);
        string owner = (await Command.RunAsync("stat", ["-c", "%u", Path.Combine(daemon.Root, "volumes/data/_data/file")])).Succeeded();
        Assert.Equal(User.ToString(CultureInfo.InvariantCulture), owner);
    }

    [Fact]
    public async Task TheDoctorSaysWhatIsMissing()
    {
        string directory = Directory.CreateTempSubdirectory("mvm-").FullName;
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute);
        CommandResult doctor = await Command.RunAsync("unshare", ["-m", "sh", "-c", Doctor, directory, TestEnvironment.Mvm, $"{User}"]);
        string[] lines = doctor.Succeeded().Split('\n');
        Assert.Contains(lines, l => l.StartsWith("weaker   VM users ", StringComparison.Ordinal) && l.EndsWith("the daemon is not root", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("weaker   cgroups ", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Trim() == $"VMMs run as user {User}");
        Assert.Contains(lines, l => l.StartsWith("good     user namespaces ", StringComparison.Ordinal));
        Directory.Delete(directory, recursive: true);
    }

    private static string Namespace(string process, string name) => new FileInfo($"{process}/ns/{name}").LinkTarget!;
}
