using MicroVm.Hypervisor.Host;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Shares;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>What happens where the owners of a share's files can't be mapped. As root.</summary>
public sealed class ShareOwnersTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-owners").FullName;

    private string Share => Path.Combine(_directory, "share");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("share")]
    [InlineData("share/mounted/below")]
    public async Task RootServesThemAndThatIsSaid(string place)
    {
        Directory.CreateDirectory(Share);
        using MountedFileSystem other = MountedFileSystem.Create(Path.Combine(_directory, place));
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-o") with { Shares = [new(Share, ReadOnly: false)] };
        await using IVirtualMachine machine = await new QemuHypervisor(TestHost.Options).StartAsync(spec, TestContext.Current.CancellationToken);
        Assert.Equal(
            $"virtiofsd, which serves its volumes and bind mounts, is root: the owners of files can't be mapped in {Share} and what is mounted below: Invalid argument",
            machine.Warning);
        string process = (await File.ReadAllTextAsync(new VmPaths(spec.RuntimeDirectory).SharesProcess, TestContext.Current.CancellationToken)).Split(' ')[0];
        Assert.Contains(File.ReadLines($"/proc/{process}/status"), line => line == "Uid:\t0\t0\t0\t0");
        await machine.KillAsync();
    }

    [Fact]
    public async Task OrIsRefused()
    {
        using MountedFileSystem other = MountedFileSystem.Create(Share);
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-r") with { Shares = [new(Share, ReadOnly: false)] };
        QemuHypervisor hypervisor = new(TestHost.Options with { PrivilegedShares = false });
        var refused = await Assert.ThrowsAsync<HypervisorException>(() => hypervisor.StartAsync(spec, TestContext.Current.CancellationToken));
        Assert.StartsWith($"virtiofsd would have to be root: the owners of files can't be mapped in {Share}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("privileged-shares", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(spec.RuntimeDirectory));
    }

    [Fact]
    public async Task OnAnyOtherHostThereIsNothingToSay()
    {
        VmSpec spec = await TestHost.SpecAsync(_directory, "vm-n") with { Shares = [new(Directory.CreateDirectory(Share).FullName, ReadOnly: false)] };
        await using IVirtualMachine machine = await new QemuHypervisor(TestHost.Options with { PrivilegedShares = false }).StartAsync(spec, TestContext.Current.CancellationToken);
        Assert.Null(machine.Warning);
        await machine.KillAsync();
    }

    [Fact]
    public void TheDoctorSaysIt()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "other"));
        using MountedFileSystem other = MountedFileSystem.Create(Share);
        HostFinding Find(string directory, bool allowed) => HostExamination
            .Run(TestHost.Options with { Directory = directory, PrivilegedShares = allowed }, "/nowhere/vmlinux", "/nowhere/initramfs").Single(f => f.Name == "virtiofsd");
        Assert.Equal(FindingState.Good, Find(Path.Combine(_directory, "other"), allowed: true).State);
        HostFinding weaker = Find(Path.Combine(Share, "yet", "to", "be"), allowed: true);
        Assert.Equal((FindingState.Weaker, "there it is root, over files alone"), (weaker.State, weaker.Consequence));
        Assert.Contains(Share, weaker.Found, StringComparison.Ordinal);
        Assert.Equal("no volumes and bind mounts there", Find(Share, allowed: false).Consequence);
    }

    [Theory]
    [InlineData(1879048192u, 65536u, true)]
    [InlineData(1u, ShareIds.Base, true)]
    [InlineData(1u, ShareIds.Base + 1, false)]
    [InlineData(ShareIds.Base + 1, 1u, false)]
    [InlineData(ShareIds.Base + ShareIds.End - 1, 1u, false)]
    [InlineData(ShareIds.Base + ShareIds.End, 10u, true)]
    public void NoUserIsMappedTwice(uint first, uint count, bool allowed) => Assert.Equal(allowed, ShareIds.Allow(new UserRange(first, count)));
}
