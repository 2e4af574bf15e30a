using System.Diagnostics;
using MicroVm.Hypervisor.Disks;

namespace MicroVm.Hypervisor.Tests;

public sealed class ScratchDiskTests : IDisposable
{
    private const long MiB = 1 << 20;
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-scratch").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(16, true)]
    [InlineData(16, false)]
    [InlineData(100, true)]
    [InlineData(10240, true)]
    [InlineData(10240, false)]
    public async Task ADiskIsACleanFileSystemOfItsSize(long mebibytes, bool journal)
    {
        string path = Path.Combine(_directory, "scratch.img");
        await new ScratchDisk(_directory).CreateAsync(path, mebibytes * MiB, journal, TestContext.Current.CancellationToken);
        Assert.Equal(mebibytes * MiB, new FileInfo(path).Length);
        Assert.Equal(0, Run("e2fsck", "-fn", path));
        Assert.Equal(journal, Run("sh", "-c", $"dumpe2fs -h {path} | grep -w has_journal") == 0);
        Assert.Equal(0, Run("sh", "-c", $"test $(du -k {path} | cut -f1) -lt 20000"));
    }

    [Fact]
    public async Task TwoDisksShareOneTemplate()
    {
        var scratch = new ScratchDisk(_directory);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(
            i => scratch.CreateAsync(Path.Combine(_directory, $"{i}.img"), 64 * MiB, journal: true, TestContext.Current.CancellationToken)));
        Assert.Single(Directory.GetFiles(_directory, "*.ext4"));
        Assert.Equal(4, Directory.GetFiles(_directory, "*.img").Length);
    }

    [Fact]
    public async Task AFailureLeavesNothing()
    {
        string path = Path.Combine(_directory, "missing", "scratch.img");
        await Assert.ThrowsAsync<HypervisorException>(
            () => new ScratchDisk(_directory).CreateAsync(path, 64 * MiB, journal: true, TestContext.Current.CancellationToken));
        Assert.False(File.Exists(path));
    }

    private static int Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = "/usr/sbin:/sbin:/usr/bin:/bin";
        using Process process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
