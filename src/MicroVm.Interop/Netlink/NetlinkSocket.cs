using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static MicroVm.Interop.Netlink.NetlinkConstants;

namespace MicroVm.Interop.Netlink;

/// <summary>A connection to the kernel's routing and link tables (rtnetlink(7)), in the network namespace of its maker. Not thread-safe.</summary>
internal sealed partial class NetlinkSocket : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int SocketRaw = 3;
    private const int CloseOnExec = 0x80000;
    private const int InterruptedCall = 4;
    private const int ProtocolError = 71;
    private readonly byte[] _buffer = new byte[64 << 10];
    private uint _sequence;

    public NetlinkSocket()
        : base(ownsHandle: true)
    {
    }

    /// <exception cref="Win32Exception">The kernel gives none.</exception>
    public static NetlinkSocket Open()
    {
        var socket = new NetlinkSocket();
        socket.SetHandle(Socket(AF_NETLINK, SocketRaw | CloseOnExec, NETLINK_ROUTE));
        return socket.IsInvalid ? throw new Win32Exception(Marshal.GetLastPInvokeError()) : socket;
    }

    /// <summary>Asks for something and waits for the answer: 0, or the number of the error.</summary>
    public int TryRequest(NetlinkMessage message)
    {
        Send(message);
        int error = 0;
        Receive((type, payload) => error = type == NLMSG_ERROR ? -BinaryPrimitives.ReadInt32LittleEndian(payload) : ProtocolError);
        return error;
    }

    /// <summary>Asks for a list; every entry's payload is shown once.</summary>
    public void Dump(NetlinkMessage message, NetlinkEntry onEntry)
    {
        Send(message);
        while (Receive(onEntry))
        {
        }
    }

    protected override bool ReleaseHandle() => Close((int)handle) == 0;

    private void Send(NetlinkMessage message)
    {
        byte[] request = message.ToBytes(++_sequence);
        if (Send(this, request, (nuint)request.Length, 0) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>One datagram. False: nothing more follows.</summary>
    private bool Receive(NetlinkEntry onEntry)
    {
        Span<byte> rest = _buffer.AsSpan(0, ReceiveBytes());
        while (rest.Length >= NetlinkMessage.HeaderSize)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
            ushort type = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
            if (length < NetlinkMessage.HeaderSize + sizeof(int) || length > rest.Length || type == NLMSG_DONE)
            {
                return false;
            }

            onEntry(type, rest[NetlinkMessage.HeaderSize..length]);
            if (type == NLMSG_ERROR)
            {
                return false;
            }

            rest = rest[Math.Min(NetlinkMessage.Aligned(length), rest.Length)..];
        }

        return true;
    }

    private int ReceiveBytes()
    {
        while (true)
        {
            nint count = Receive(this, _buffer, (nuint)_buffer.Length, 0);
            if (count >= 0)
            {
                return (int)count;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno != InterruptedCall)
            {
                throw new Win32Exception(errno);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Socket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(NetlinkSocket socket, byte[] bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Receive(NetlinkSocket socket, byte[] bytes, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}

/// <param name="payload">Without the message's header; shorter than it should be at will.</param>
internal delegate void NetlinkEntry(ushort type, ReadOnlySpan<byte> payload);
