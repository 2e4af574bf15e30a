using System.Net.Sockets;

namespace MicroVm.Hypervisor;

/// <summary>Unix sockets that only this process's user may connect to.</summary>
internal static class UnixListener
{
    private const int Backlog = 4;

    /// <summary>Its file stays when the socket is disposed.</summary>
    public static Socket Open(string path, SocketType type = SocketType.Stream)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        try
        {
            // The runtime unlinks the name it bound when the socket is disposed: it finds another one gone.
            socket.Bind(new UnixDomainSocketEndPoint(path + "~"));
            File.SetUnixFileMode(path + "~", UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(Backlog);
            File.Move(path + "~", path);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
