using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MicroVm.Interop.Generated;

namespace MicroVm.Interop.Vsock;

/// <summary>
/// An address of vsock(7). .NET has no name for the family and calls it unknown, but hands an address's bytes to the
/// kernel as they are.
/// </summary>
public sealed class VsockEndPoint(uint cid, uint port) : EndPoint
{
    internal const int Family = 40; // AF_VSOCK

    /// <summary>The VM; 2 is the host.</summary>
    public uint Cid { get; } = cid;

    public uint Port { get; } = port;

    public override AddressFamily AddressFamily => AddressFamily.Unknown;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unspecified, Unsafe.SizeOf<sockaddr_vm>());
        MemoryMarshal.Write(address.Buffer.Span, new sockaddr_vm { svm_family = Family, svm_port = Port, svm_cid = Cid });
        return address;
    }

    public override EndPoint Create(SocketAddress socketAddress)
    {
        sockaddr_vm address = MemoryMarshal.Read<sockaddr_vm>(socketAddress.Buffer.Span);
        return new VsockEndPoint(address.svm_cid, address.svm_port);
    }

    public override string ToString() => $"vsock {Cid}:{Port}";
}
