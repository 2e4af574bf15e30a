using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Vsock;

/// <summary>A stream over AF_VSOCK.</summary>
public static partial class VsockStream
{
    private const int StreamSocket = 1;
    private const int CloseOnExec = 0x80000;

    /// <summary>Connects without holding a thread: a guest that boots answers late, one that hangs in two seconds not at all.</summary>
    /// <exception cref="SocketException">ConnectionReset: nobody listens; TimedOut: the guest does not answer.</exception>
    /// <exception cref="Win32Exception">The kernel has no AF_VSOCK.</exception>
    public static async Task<Stream> ConnectAsync(VsockEndPoint peer, CancellationToken cancellationToken)
    {
        var socket = new Socket(Open());
        try
        {
            await socket.ConnectAsync(peer, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static SafeSocketHandle Open()
    {
        var handle = new SafeSocketHandle(Open(VsockEndPoint.Family, StreamSocket | CloseOnExec, 0), ownsHandle: true);
        if (!handle.IsInvalid)
        {
            return handle;
        }

        int errno = Marshal.GetLastPInvokeError();
        handle.Dispose();
        throw new Win32Exception(errno);
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial nint Open(int family, int type, int protocol);
}
