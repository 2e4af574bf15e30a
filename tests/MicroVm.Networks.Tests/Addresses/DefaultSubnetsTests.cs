using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Tests.Addresses;

public sealed class DefaultSubnetsTests
{
    [Fact]
    public void TheyAreDockers()
    {
        string[] all = [.. DefaultSubnets.All().Select(subnet => subnet.ToString())];
        Assert.Equal(31, all.Length);
        Assert.Equal(["172.17.0.0/16", "172.18.0.0/16"], all[..2]);
        Assert.Equal(["172.31.0.0/16", "192.168.0.0/20", "192.168.16.0/20"], all[14..17]);
        Assert.Equal("192.168.240.0/20", all[^1]);
    }

    [Fact]
    public void WhatOverlapsAnotherIsSkipped()
    {
        Subnet[] taken = [new(172u << 24, 11), new((192u << 24) | (168u << 16) | 1, 32)];
        Assert.Equal("192.168.16.0/20", DefaultSubnets.Choose(taken).ToString());
        Assert.Null(DefaultSubnets.Choose([.. DefaultSubnets.All()]));
    }
}
