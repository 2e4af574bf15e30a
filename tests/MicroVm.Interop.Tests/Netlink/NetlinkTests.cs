using System.Reflection;
using MicroVm.Interop.Netlink;
using MicroVm.Interop.Tests.Generated;

namespace MicroVm.Interop.Tests.Netlink;

public sealed class NetlinkTests
{
    [Fact]
    public async Task NumbersAreThoseOfTheHeaders()
    {
        FieldInfo[] constants = typeof(NetlinkConstants).GetFields();
        Assert.True(constants.Length > 40, $"only {constants.Length}");
        Assert.Empty(await CompiledHeaders.CompareAsync([.. constants.Select(constant => (constant.Name, constant.GetRawConstantValue()!))]));
    }

    [Fact]
    public void AMessageIsItsHeaderItsBodyAndItsAttributes()
    {
        byte[] bytes = new NetlinkMessage(16, 4, [1, 2, 3, 4]).Add(3, "br0").AddNested(18, ((ushort)1, "bridge\0"u8.ToArray()), ((ushort)2, (byte[])[9])).ToBytes(7);
        byte[] expected =
        [
            48, 0, 0, 0, 16, 0, 5, 0, 7, 0, 0, 0, 0, 0, 0, 0,
            1, 2, 3, 4,
            8, 0, 3, 0, (byte)'b', (byte)'r', (byte)'0', 0,
            24, 0, 18, 0x80,
            11, 0, 1, 0, (byte)'b', (byte)'r', (byte)'i', (byte)'d', (byte)'g', (byte)'e', 0, 0,
            5, 0, 2, 0, 9, 0, 0, 0,
        ];
        expected[0] = (byte)expected.Length;
        Assert.Equal(expected, bytes);
    }

    [Fact]
    public void AnAttributeThatClaimsMoreThanThereIsIsNone()
    {
        byte[] attributes = [8, 0, 3, 0, (byte)'l', (byte)'o', 0, 0, 200, 0, 4, 0, 1, 2, 3, 4];
        Assert.Equal("lo", NetlinkReader.Text(NetlinkReader.Find(attributes, 3)));
        Assert.Equal(0, NetlinkReader.Find(attributes, 4).Length);
        Assert.Equal(0, NetlinkReader.Find([1, 0, 3, 0], 3).Length);
    }

    /// <summary>Reading alone: this host's network stays as it is.</summary>
    [Fact]
    public void TheLoopbackInterfaceIsListed()
    {
        using Rtnetlink links = new();
        Assert.Equal(1, links.IndexOf("lo"));
        Assert.DoesNotContain(links.Routes(), route => route.PrefixLength is < 0 or > 32);
    }
}
