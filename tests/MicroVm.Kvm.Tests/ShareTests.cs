using System.Diagnostics;
using MicroVm.Kvm.Tests.Infrastructure;

namespace MicroVm.Kvm.Tests;

/// <summary>What serves volumes and bind mounts, on the distribution's own kernel (Linux 6.1).</summary>
public sealed class ShareTests
{
    private const string Program = "echo x > /app/file; chown 5:6 /app/file; echo ready; exec sleep 100000";

    [Fact]
    public async Task OnADiskItIsAUserWithoutPrivileges()
    {
        string id = await StartAsync("shared");
        string process = ServerOf(id);
        string users = File.ReadLines(process + "/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal));
        Assert.DoesNotContain("0", users.Split('\t')[1..]);
        Assert.NotEqual(new FileInfo("/proc/self/ns/user").LinkTarget, new FileInfo(process + "/ns/user").LinkTarget);
        await EndAsync(id, (await InstalledHost.MvmAsync("volume", "inspect", "-f", "{{.Mountpoint}}", "shared")).Succeeded());
        (await InstalledHost.MvmAsync("volume", "rm", "shared")).Succeeded();
    }

    /// <summary>A tmpfs can't map owners before Linux 6.3.</summary>
    [Fact]
    public async Task WhereOwnersCannotBeMappedItIsRoot()
    {
        const string directory = "/run/mvm-shared";
        Directory.CreateDirectory(directory);
        string id = await StartAsync(directory);
        Assert.Contains(File.ReadLines(ServerOf(id) + "/status"), line => line == "Uid:\t0\t0\t0\t0");
        CommandResult journal = await Command.RunAsync("journalctl", ["-u", "mvmd", "--no-pager"]);
        Assert.Contains($"Container {id}: virtiofsd, which serves its volumes and bind mounts, is root: the owners of files can't be mapped in {directory}", journal.Succeeded(), StringComparison.Ordinal);
        await EndAsync(id, directory);
        Directory.Delete(directory, recursive: true);
    }

    private static async Task<string> StartAsync(string source)
    {
        string id = (await InstalledHost.MvmAsync("run", "-d", "--network", "none", "-v", source + ":/app", "busybox", "sh", "-c", Program)).Succeeded();
        await Eventually.IsTrueAsync(async () => (await InstalledHost.MvmAsync("logs", id)).OutputText == "ready\n", "the container is not ready");
        return id;
    }

    private static string ServerOf(string id) => "/proc/" + Process.GetProcesses()
        .Single(p => p.ProcessName == "virtiofsd" && File.ReadAllText($"/proc/{p.Id}/cmdline").Contains(id, StringComparison.Ordinal)).Id;

    private static async Task EndAsync(string id, string directory)
    {
        Assert.Equal("5:6", (await Command.RunAsync("stat", ["-c", "%u:%g", Path.Combine(directory, "file")])).Succeeded());
        (await InstalledHost.MvmAsync("rm", "-f", id)).Succeeded();
    }
}
