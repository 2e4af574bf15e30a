using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Tests.Addresses;

public sealed class SubnetTests
{
    [Theory]
    [InlineData("172.18.0.0/16", "172.18.0.0/16", 65535)]
    [InlineData("10.1.2.3/24", "10.1.2.0/24", 255)]
    [InlineData("0.0.0.0/0", "0.0.0.0/0", uint.MaxValue)]
    [InlineData("10.0.0.7/32", "10.0.0.7/32", 0)]
    public void BitsBehindThePrefixAreDropped(string text, string expected, uint span)
    {
        Assert.True(Subnet.TryParse(text, out Subnet subnet));
        Assert.Equal(expected, subnet.ToString());
        Assert.Equal(span, subnet.Last - subnet.First);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("10.0.0/8")]
    [InlineData("010.0.0.0/8")]
    [InlineData("0x0a000000/8")]
    [InlineData("fd00::/8")]
    [InlineData("10.0.0.0/8/8")]
    public void OtherTextsAreRefused(string text) => Assert.False(Subnet.TryParse(text, out _));

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.0/16", true)]
    [InlineData("10.255.0.0/16", "10.0.0.0/8", true)]
    [InlineData("10.0.0.0/25", "10.0.0.128/25", false)]
    [InlineData("0.0.0.0/0", "192.168.0.0/20", true)]
    public void OverlapsAreFound(string one, string other, bool expected)
    {
        _ = Subnet.TryParse(one, out Subnet first) & Subnet.TryParse(other, out Subnet second);
        Assert.Equal(expected, first.Overlaps(second));
        Assert.Equal(expected, second.Overlaps(first));
    }

    [Fact]
    public void AMacAddressIsTheAddressBehindDockersPrefix()
    {
        Assert.True(Ipv4.TryParse("172.17.0.2", out uint address));
        Assert.Equal([0x02, 0x42, 0xac, 0x11, 0x00, 0x02], Ipv4.MacOf(address));
    }
}
