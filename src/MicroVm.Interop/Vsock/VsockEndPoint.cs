using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace MicroVm.Interop.Vsock;

/// <summary>
/// An address of vsock(7). .NET has no name for the family and calls it unknown, but hands an address's bytes to the
/// kernel as they are.
/// </summary>
public sealed class VsockEndPoint(uint cid, uint port) : EndPoint
{
    internal const int Family = 40; // AF_VSOCK

    // struct sockaddr_vm (linux/vm_sockets.h): family and reserved, 16 bits each; port, cid; flags and padding.
    private const int Size = 16;
    private const int PortOffset = 4;
    private const int CidOffset = 8;

    /// <summary>The VM; 2 is the host.</summary>
    public uint Cid { get; } = cid;

    public uint Port { get; } = port;

    public override AddressFamily AddressFamily => AddressFamily.Unknown;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unspecified, Size);
        Span<byte> bytes = address.Buffer.Span;
        bytes.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, Family);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[PortOffset..], Port);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[CidOffset..], Cid);
        return address;
    }

    public override EndPoint Create(SocketAddress socketAddress)
    {
        ReadOnlySpan<byte> bytes = socketAddress.Buffer.Span;
        return new VsockEndPoint(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[CidOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[PortOffset..]));
    }

    public override string ToString() => $"vsock {Cid}:{Port}";
}
