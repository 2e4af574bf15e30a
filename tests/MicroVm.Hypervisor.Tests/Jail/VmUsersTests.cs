using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor.Tests.Jail;

public sealed class VmUsersTests
{
    [Fact]
    public void ANumberComesBackLast()
    {
        VmUsers users = new(new(100, 3));
        Assert.Equal(100u, users.Take());
        users.Release(100);
        Assert.Equal(101u, users.Take());
        Assert.Equal(102u, users.Take());
        Assert.Equal(100u, users.Take());
    }

    [Fact]
    public void WhatAnEarlierDaemonGaveIsTaken()
    {
        VmUsers users = new(new(100, 2));
        users.Adopt(100);
        Assert.Equal(101u, users.Take());
        HypervisorException refused = Assert.Throws<HypervisorException>(() => users.Take());
        Assert.Contains("vm-users", refused.Message, StringComparison.Ordinal);
    }
}
