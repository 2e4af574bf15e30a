using System.Net;
using System.Net.Sockets;

namespace MicroVm.Integration.Tests.Infrastructure;

public static class LoopbackPort
{
    /// <summary>One that nothing listens on at this moment.</summary>
    public static int Free()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
