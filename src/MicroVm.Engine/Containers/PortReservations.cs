using System.Net;
using System.Net.Sockets;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

/// <summary>Host ports that containers publish. Thread-safe.</summary>
/// <param name="holds">No VMM listens there (the host forwards its packets before they arrive anywhere): they are kept from others of the host by sockets.</param>
internal sealed class PortReservations(bool holds) : IDisposable
{
    private readonly Lock _sync = new();

    /// <summary>With what holds it; null: the VMM does, or somebody else was faster while no daemon ran.</summary>
    private readonly Dictionary<PublishedPort, Socket?> _taken = [];

    /// <summary>
    /// Resolves host port 0 to a free one and takes all; throws in Docker's words when one is in use, by a container
    /// or by anything else on the host.
    /// </summary>
    public IReadOnlyList<PublishedPort> Take(IReadOnlyList<PublishedPort> ports)
    {
        List<PublishedPort> taken = [];
        try
        {
            foreach (PublishedPort port in ports)
            {
                taken.Add(TakeOne(port with { HostAddress = port.HostAddress.Length == 0 ? "0.0.0.0" : port.HostAddress }));
            }
        }
        catch
        {
            Release(taken);
            throw;
        }

        return taken;
    }

    /// <summary>Takes ports that a running VM holds already.</summary>
    public void Adopt(IReadOnlyList<PublishedPort> ports)
    {
        lock (_sync)
        {
            foreach (PublishedPort port in ports)
            {
                _taken.TryAdd(HostEnd(port), holds ? TryHold(port) : null);
            }
        }
    }

    public void Release(IReadOnlyList<PublishedPort> ports)
    {
        lock (_sync)
        {
            foreach (PublishedPort port in ports)
            {
                _taken.Remove(HostEnd(port), out Socket? holder);
                holder?.Dispose();
            }
        }
    }

    private PublishedPort TakeOne(PublishedPort port)
    {
        lock (_sync)
        {
            for (int attempt = 0; attempt < 16; attempt++)
            {
                Socket socket = Bind(port);
                PublishedPort bound = port with { HostPort = ((IPEndPoint)socket.LocalEndPoint!).Port };
                bool isNew = _taken.TryAdd(HostEnd(bound), holds ? socket : null);
                if (!isNew || !holds)
                {
                    socket.Dispose();
                }

                if (isNew)
                {
                    return bound;
                }
            }
        }

        throw InUse(port);
    }

    public void Dispose()
    {
        foreach (Socket? holder in _taken.Values)
        {
            holder?.Dispose();
        }
    }

    private static Socket? TryHold(PublishedPort port)
    {
        try
        {
            return Bind(port);
        }
        catch (EngineException)
        {
            return null;
        }
    }

    /// <summary>Takes the port, as the VMM would.</summary>
    private static Socket Bind(PublishedPort port)
    {
        bool isTcp = port.Protocol == "tcp";
        Socket socket = new(
            AddressFamily.InterNetwork, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            if (isTcp)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.Bind(new IPEndPoint(IPAddress.Parse(port.HostAddress), port.HostPort));
            if (isTcp)
            {
                // Only one that listens keeps out others that let ports be shared.
                socket.Listen(1);
            }

            return socket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw InUse(port);
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new EngineException(
                EngineErrorKind.Internal,
                $"driver failed programming external connectivity: Bind for {port.HostAddress}:{port.HostPort} failed: {OneLine.Of(e.Message, 200)}", e);
        }
    }

    private static PublishedPort HostEnd(PublishedPort port) => port with { GuestPort = 0 };

    private static EngineException InUse(PublishedPort port) => new(
        EngineErrorKind.Internal,
        $"driver failed programming external connectivity: Bind for {port.HostAddress}:{port.HostPort} failed: port is already allocated");
}
