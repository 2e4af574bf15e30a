using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Vsock;

/// <summary>A stream over AF_VSOCK (vsock(7)), which .NET's sockets do not know by name but carry by descriptor.</summary>
public static partial class VsockStream
{
    private const int Family = 40;
    private const int StreamSocket = 1;
    private const int CloseOnExec = 0x80000;

    /// <exception cref="Win32Exception">With errno of connect(2).</exception>
    public static unsafe Stream Connect(uint cid, uint port)
    {
        var handle = new SafeSocketHandle(Open(Family, StreamSocket | CloseOnExec, 0), ownsHandle: true);
        try
        {
            if (handle.IsInvalid)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            // struct sockaddr_vm (linux/vm_sockets.h): family, reserved, port, cid, flags and padding.
            uint* address = stackalloc uint[4] { Family, port, cid, 0 };
            if (Connect(handle, address, 16) != 0)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }

            return new NetworkStream(new Socket(handle), ownsSocket: true);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial nint Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static unsafe partial int Connect(SafeSocketHandle socket, void* address, uint length);
}
