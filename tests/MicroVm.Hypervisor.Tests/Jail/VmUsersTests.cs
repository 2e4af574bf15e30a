using System.Diagnostics;
using System.Globalization;
using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor.Tests.Jail;

/// <summary>Daemons on one host are <see cref="VmUsers"/> with the same claims.</summary>
public sealed class VmUsersTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-users").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void ANumberComesBackLast()
    {
        VmUsers users = Users(3);
        Assert.Equal(100u, users.Take("vm"));
        users.Release(100);
        Assert.Equal(101u, users.Take("vm"));
        Assert.Equal(102u, users.Take("vm"));
        Assert.Equal(100u, users.Take("vm"));
    }

    [Fact]
    public void WhatAnEarlierDaemonGaveIsTaken()
    {
        VmUsers users = Users(2);
        users.Give(100, "vm", Environment.ProcessId);
        Assert.Equal(101u, users.Take("vm"));
        HypervisorException refused = Assert.Throws<HypervisorException>(() => users.Take("vm"));
        Assert.Contains("vm-users", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoDaemonsNeverGiveTheSame()
    {
        VmUsers first = Users(40);
        VmUsers second = Users(40);
        uint[][] taken = new uint[2][];
        Parallel.For(0, 2, i => taken[i] = [.. Enumerable.Range(0, 20).Select(_ => (i == 0 ? first : second).Take("vm"))]);
        Assert.Equal(Enumerable.Range(100, 40).Select(n => (uint)n), taken.SelectMany(n => n).Order());
        Assert.Throws<HypervisorException>(() => second.Take("vm"));
        first.Release(taken[0][0]);
        Assert.Equal(taken[0][0], second.Take("vm"));
    }

    [Fact]
    public void AClaimEndsWithItsProcess()
    {
        VmUsers first = Users(1);
        VmUsers second = Users(1);
        using (Process vmm = Process.Start("sleep", "1000"))
        {
            first.Give(first.Take("vm"), "vm", vmm.Id);
            Assert.Throws<HypervisorException>(() => second.Take("vm"));
            vmm.Kill();
            vmm.WaitForExit();
        }

        Assert.Equal(100u, second.Take("vm"));

        // The first learns of its end later than the other took it.
        first.Release(100);
        Assert.Throws<HypervisorException>(() => Users(1).Take("vm"));
    }

    /// <summary>As after a daemon that was killed between its claim and its note of the VM.</summary>
    [Fact]
    public void AUserThatAProcessRunsAsIsNotGivenWhateverItsClaimSays()
    {
        UserRange range = new(JailOptions.DefaultUsers.First + JailOptions.DefaultUsers.Count + 7, 1);
        string user = range.First.ToString(CultureInfo.InvariantCulture);
        File.WriteAllText(Path.Combine(_directory, user), "1 1");
        using (Process stray = Process.Start("setpriv", ["--reuid", user, "--clear-groups", "sleep", "1000"]))
        {
            VmUsers users = new(range, new(_directory));
            Assert.True(SpinWait.SpinUntil(() => File.ReadLines($"/proc/{stray.Id}/status").Any(l => l.StartsWith($"Uid:\t{user}", StringComparison.Ordinal)), 60_000));
            Assert.Throws<HypervisorException>(() => users.Take("vm"));
            stray.Kill();
            stray.WaitForExit();
            Assert.Equal(range.First, users.Take("vm"));
        }
    }

    private VmUsers Users(uint count) => new(new(100, count), new(_directory));
}
