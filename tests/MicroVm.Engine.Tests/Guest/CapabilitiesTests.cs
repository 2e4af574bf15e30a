using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Tests.Guest;

public sealed class CapabilitiesTests
{
    // What `docker run busybox grep CapBnd /proc/self/status` prints.
    private const ulong DockerDefault = 0xa80425fb;
    private const ulong SysTime = 1UL << 25;
    private const ulong NetRaw = 1UL << 13;

    [Fact]
    public void DefaultIsDockers() => Assert.Equal(DockerDefault, Capabilities.Resolve([], [], false));

    [Fact]
    public void AllIsEveryCapabilityOfLinux61() => Assert.Equal(0x1ffffffffffUL, Capabilities.All);

    [Fact]
    public void AddAndDropChangeTheDefault()
    {
        Assert.Equal(DockerDefault | SysTime, Capabilities.Resolve(["sys_time"], [], false));
        Assert.Equal(DockerDefault & ~NetRaw, Capabilities.Resolve([], ["CAP_NET_RAW"], false));
    }

    [Fact]
    public void AllWorksBothWays()
    {
        Assert.Equal(Capabilities.All & ~NetRaw, Capabilities.Resolve(["ALL"], ["NET_RAW"], false));
        Assert.Equal(SysTime, Capabilities.Resolve(["SYS_TIME"], ["all"], false));
        Assert.Equal(0UL, Capabilities.Resolve([], ["ALL"], false));
    }

    [Fact]
    public void PrivilegedHasAll() => Assert.Equal(Capabilities.All, Capabilities.Resolve([], ["ALL"], true));
}
