using System.Buffers.Binary;
using System.ComponentModel;
using static MicroVm.Interop.Netlink.NetlinkConstants;

namespace MicroVm.Interop.Netlink;

/// <summary>Makes and changes network interfaces (rtnetlink(7)). Thread-safe; each call is one or two exchanges with the kernel, microseconds each.</summary>
public sealed class Rtnetlink : IDisposable
{
    private const byte Ipv4 = 2; // AF_INET
    private const byte Bridge = 7; // AF_BRIDGE
    private const int LinkSize = 16; // struct ifinfomsg
    private const int RouteSize = 12; // struct rtmsg
    private const int NoDevice = 19;
    private const int Exists = 17;
    private readonly NetlinkSocket _socket = NetlinkSocket.Open();
    private readonly Lock _sync = new();

    /// <summary>A bridge that is down. False when there is an interface of that name.</summary>
    /// <param name="mac">Six bytes: else it would change with the bridge's ports, and neighbours' tables with it.</param>
    /// <param name="alias">At most 255 bytes.</param>
    /// <param name="mtu">Bytes; 0: the kernel's default.</param>
    public bool TryAddBridge(string name, ReadOnlySpan<byte> mac, string alias, int mtu)
    {
        NetlinkMessage message = Link(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0, flags: 0)
            .Add(IFLA_IFNAME, name).Add(IFLA_ADDRESS, mac)
            .AddNested(IFLA_LINKINFO, (IFLA_INFO_KIND, "bridge\0"u8.ToArray()));
        Try(mtu > 0 ? message.Add(IFLA_MTU, (uint)mtu) : message, $"make bridge {name}", out int error, Exists);
        if (error == 0)
        {
            // With IFLA_IFALIAS in the request above the kernel drops it silently.
            Request(Link(RTM_SETLINK, NLM_F_ACK, IndexOf(name), flags: 0).Add(IFLA_IFALIAS, alias), $"name bridge {name}");
        }

        return error == 0;
    }

    /// <summary>Nothing happens where there is none.</summary>
    public void DeleteLink(string name) =>
        Try(Link(RTM_DELLINK, NLM_F_ACK, 0, flags: 0).Add(IFLA_IFNAME, name), $"remove interface {name}", out _, NoDevice);

    public void SetUp(int index) => Request(Link(RTM_NEWLINK, NLM_F_ACK, index, IFF_UP), "set an interface up");

    /// <summary>An IPv4 address in host byte order, with its subnet's route; nothing happens where it is already there.</summary>
    public void AddAddress(int index, uint address, int prefixLength)
    {
        Span<byte> body = [Ipv4, (byte)prefixLength, 0, 0, 0, 0, 0, 0]; // struct ifaddrmsg
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], index);
        uint broadcast = address | (prefixLength == 0 ? uint.MaxValue : (uint)((1UL << (32 - prefixLength)) - 1));
        NetlinkMessage message = new NetlinkMessage(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, body)
            .Add(IFA_LOCAL, Bytes(address)).Add(IFA_ADDRESS, Bytes(address));
        Request(prefixLength <= 30 ? message.Add(IFA_BROADCAST, Bytes(broadcast)) : message, "give a bridge its address");
    }

    /// <summary>Makes an interface a port of a bridge and sets it up. What the bridge knows of it is this address alone: it learns none from its frames.
    /// Frames may go back where they came from: where bridges' frames pass the host's rules, too, a guest's way to its own published port is that.</summary>
    /// <param name="isolated">It reaches no other port that is isolated, too.</param>
    public void AddPort(int bridge, int port, ReadOnlySpan<byte> mac, bool isolated, int mtu)
    {
        NetlinkMessage master = Link(RTM_NEWLINK, NLM_F_ACK, port, flags: 0).Add(IFLA_MASTER, (uint)bridge);
        Request(mtu > 0 ? master.Add(IFLA_MTU, (uint)mtu) : master, "add a port to a bridge");
        Request(
            new NetlinkMessage(RTM_SETLINK, NLM_F_ACK, LinkBody(Bridge, port, flags: 0)).AddNested(
                IFLA_PROTINFO,
                (IFLA_BRPORT_MODE, [1]), (IFLA_BRPORT_LEARNING, [0]), (IFLA_BRPORT_UNICAST_FLOOD, [0]), (IFLA_BRPORT_ISOLATED, [(byte)(isolated ? 1 : 0)])),
            "set how a bridge's port learns");
        Request(Neighbour(port, mac), "tell a bridge a port's address");
        SetUp(port);
    }

    public IReadOnlyList<NetworkLink> Links()
    {
        List<NetworkLink> links = [];
        Dump(RTM_GETLINK, LinkBody(0, 0, flags: 0), (type, payload) =>
        {
            if (type == RTM_NEWLINK && payload.Length >= LinkSize)
            {
                ReadOnlySpan<byte> attributes = payload[LinkSize..];
                links.Add(new(
                    BinaryPrimitives.ReadInt32LittleEndian(payload[4..]),
                    NetlinkReader.Text(NetlinkReader.Find(attributes, IFLA_IFNAME)),
                    NetlinkReader.Text(NetlinkReader.Find(attributes, IFLA_IFALIAS))));
            }
        });
        return links;
    }

    /// <summary>Where this host's main table sends packets, its own subnets included; not the default route.</summary>
    public IReadOnlyList<NetworkRoute> Routes()
    {
        List<NetworkRoute> routes = [];
        Span<byte> body = stackalloc byte[RouteSize];
        body.Clear();
        body[0] = Ipv4;
        Dump(RTM_GETROUTE, body, (type, payload) =>
        {
            if (type == RTM_NEWROUTE && payload.Length >= RouteSize && payload[4] == RT_TABLE_MAIN
                && NetlinkReader.Find(payload[RouteSize..], RTA_DST) is { Length: 4 } destination)
            {
                routes.Add(new(BinaryPrimitives.ReadUInt32BigEndian(destination), payload[1]));
            }
        });
        return routes;
    }

    /// <summary>0: there is none.</summary>
    public int IndexOf(string name) => Links().FirstOrDefault(link => link.Name == name)?.Index ?? 0;

    public void Dispose() => _socket.Dispose();

    internal static NetlinkMessage Neighbour(int port, ReadOnlySpan<byte> mac)
    {
        Span<byte> body = stackalloc byte[12]; // struct ndmsg
        body.Clear();
        body[0] = Bridge;
        BinaryPrimitives.WriteInt32LittleEndian(body[4..], port);

        // "static" in bridge(8); with NUD_PERMANENT the address would be the host's own.
        BinaryPrimitives.WriteUInt16LittleEndian(body[8..], NUD_NOARP);
        body[10] = NTF_MASTER;
        return new NetlinkMessage(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, body).Add(NDA_LLADDR, mac);
    }

    private static NetlinkMessage Link(ushort type, ushort requestFlags, int index, uint flags) => new(type, requestFlags, LinkBody(0, index, flags));

    private static byte[] LinkBody(byte family, int index, uint flags)
    {
        byte[] body = new byte[LinkSize];
        body[0] = family;
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(4), index);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8), flags);
        BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(12), flags);
        return body;
    }

    private static byte[] Bytes(uint address)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
        return bytes;
    }

    private void Dump(ushort type, ReadOnlySpan<byte> body, NetlinkEntry onEntry)
    {
        lock (_sync)
        {
            _socket.Dump(new(type, NLM_F_DUMP, body), onEntry);
        }
    }

    private void Request(NetlinkMessage message, string what) => Try(message, what, out _, tolerated: 0);

    /// <exception cref="IOException">The kernel refuses it otherwise than with the error that is tolerated.</exception>
    private void Try(NetlinkMessage message, string what, out int error, int tolerated)
    {
        lock (_sync)
        {
            error = _socket.TryRequest(message);
        }

        if (error != 0 && error != tolerated)
        {
            throw new IOException($"cannot {what}: {new Win32Exception(error).Message}");
        }
    }
}
