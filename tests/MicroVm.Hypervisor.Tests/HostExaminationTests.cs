using MicroVm.Hypervisor.Host;

namespace MicroVm.Hypervisor.Tests;

/// <summary>What is missing is named, with the one command that mends it.</summary>
public sealed class HostExaminationTests
{
    private static readonly GuestFiles s_guest = GuestFiles.Find();

    [Fact]
    public void AHostThatRunsTheseTestsLacksNothingThatVmsNeed()
    {
        IReadOnlyList<HostFinding> findings = HostExamination.Run(TestHost.Options, s_guest.Kernel, s_guest.Initramfs);
        Assert.DoesNotContain(findings, finding => finding.State == FindingState.Missing);
        Assert.All(findings, finding => Assert.DoesNotContain('\n', finding.Found + finding.Consequence + finding.Remedy));
        Assert.Equal(FindingState.Good, State(findings, "QEMU"));
        Assert.Equal(FindingState.Good, State(findings, "jail"));
        Assert.Equal(FindingState.Good, State(findings, "cgroups"));
        Assert.Equal(FindingState.Good, State(findings, "libvirt"));
        Assert.Equal(FindingState.Good, State(findings, "network"));
    }

    [Theory]
    [InlineData("QEMU", "apt-get install qemu-system-x86")]
    [InlineData("jail", "apt-get install bubblewrap")]
    [InlineData("guest kernel", "make kernel")]
    [InlineData("guest agent", "make agent")]
    public void WhatIsMissingHasARemedy(string name, string remedy)
    {
        HypervisorOptions broken = TestHost.Options with { QemuPath = "/nowhere/qemu", Jail = new() { BubblewrapPath = "/nowhere/bwrap" } };
        HostFinding finding = HostExamination.Run(broken, "/nowhere/vmlinux", "/nowhere/initramfs").Single(f => f.Name == name);
        Assert.Equal(FindingState.Missing, finding.State);
        Assert.Equal(remedy, finding.Remedy);
        Assert.NotEmpty(finding.Consequence);
    }

    [Fact]
    public void TheWholeRangeOfUsersIsNamed() => Assert.Equal(
        "5000-5009",
        HostExamination.Run(TestHost.Options with { Jail = new() { Users = new(5000, 10) } }, s_guest.Kernel, s_guest.Initramfs).Single(f => f.Name == "VM users").Found);

    private static FindingState State(IReadOnlyList<HostFinding> findings, string name) => findings.Single(f => f.Name == name).State;
}
