using System.Buffers.Binary;
using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Posix;

/// <summary>What Unix sockets carry beside bytes (unix(7)).</summary>
public static unsafe partial class UnixPeer
{
    private const int SolSocket = 1;
    private const int SoPeerCredentials = 17;
    private const int ScmRights = 1;
    private const int NoSignal = 0x4000;
    private const int InterruptedCall = 4;

    // struct cmsghdr, x86-64: size_t length, int level, int type, data; the whole is a multiple of eight bytes.
    private const int HeaderSize = 16;
    private const int MostDescriptors = 253; // SCM_MAX_FD

    /// <summary>The process that connected, and the user that it was then.</summary>
    /// <exception cref="SocketException">It is not a connected Unix socket.</exception>
    public static (int ProcessId, uint User) Of(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12]; // struct ucred: pid, uid, gid
        _ = socket.GetRawSocketOption(SolSocket, SoPeerCredentials, credentials);
        return (BinaryPrimitives.ReadInt32LittleEndian(credentials), BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]));
    }

    /// <summary>Sends descriptors with the first bytes.</summary>
    /// <param name="data">At least one byte.</param>
    /// <param name="descriptors">At most 253; the receiver gets copies.</param>
    /// <returns>How many bytes have been sent: one at least.</returns>
    /// <exception cref="Win32Exception">The peer is gone.</exception>
    public static int Send(Socket socket, ReadOnlySpan<byte> data, IReadOnlyList<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfZero(data.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Count, MostDescriptors);
        byte[] control = new byte[HeaderSize + (((descriptors.Count * sizeof(int)) + 7) & ~7)];
        var held = new List<SafeHandle>();
        try
        {
            Write(control, descriptors, held);
            fixed (byte* bytes = data)
            {
                fixed (byte* rights = control)
                {
                    var part = new Part { Data = bytes, Length = (nuint)data.Length };
                    var message = new Message { Parts = &part, PartCount = 1, Control = rights, ControlLength = (nuint)control.Length };
                    return Send(socket.SafeHandle, &message);
                }
            }
        }
        finally
        {
            held.ForEach(h => h.DangerousRelease());
        }
    }

    private static void Write(Span<byte> control, IReadOnlyList<SafeHandle> descriptors, List<SafeHandle> held)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(control, (ulong)(HeaderSize + (descriptors.Count * sizeof(int))));
        BinaryPrimitives.WriteInt32LittleEndian(control[8..], SolSocket);
        BinaryPrimitives.WriteInt32LittleEndian(control[12..], ScmRights);
        for (int i = 0; i < descriptors.Count; i++)
        {
            bool added = false;
            descriptors[i].DangerousAddRef(ref added);
            held.Add(descriptors[i]);
            BinaryPrimitives.WriteInt32LittleEndian(control[(HeaderSize + (i * sizeof(int)))..], (int)descriptors[i].DangerousGetHandle());
        }
    }

    private static int Send(SafeHandle socket, Message* message)
    {
        while (true)
        {
            nint sent = SendMessage(socket, message, NoSignal);
            if (sent >= 0)
            {
                return (int)sent;
            }

            int errno = Marshal.GetLastPInvokeError();
            if (errno != InterruptedCall)
            {
                throw new Win32Exception(errno);
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeHandle socket, Message* message, int flags);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Part
    {
        public byte* Data;
        public nuint Length;
    }

    /// <summary>struct msghdr, x86-64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Part* Parts;
        public nuint PartCount;
        public byte* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
