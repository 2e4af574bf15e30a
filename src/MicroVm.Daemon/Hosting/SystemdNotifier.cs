using System.Net.Sockets;
using System.Text;

namespace MicroVm.Daemon.Hosting;

/// <summary>Tells who started the daemon how it is, by a datagram to the socket that NOTIFY_SOCKET names (sd_notify(3)).</summary>
internal static class SystemdNotifier
{
    public const string Ready = "READY=1";
    public const string Stopping = "STOPPING=1";

    /// <summary>Does nothing when nobody asked. A starter that is gone does not matter.</summary>
    public static void Notify(string state)
    {
        string? address = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (string.IsNullOrEmpty(address))
        {
            return;
        }

        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            string path = address[0] == '@' ? "\0" + address[1..] : address;
            socket.SendTo(Encoding.ASCII.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
        }
    }
}
