using System.Net;
using System.Net.Sockets;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

/// <summary>Host ports that containers publish. Thread-safe.</summary>
internal sealed class PortReservations
{
    private readonly Lock _sync = new();
    private readonly HashSet<PublishedPort> _taken = [];

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
            _taken.UnionWith(ports.Select(HostEnd));
        }
    }

    public void Release(IReadOnlyList<PublishedPort> ports)
    {
        lock (_sync)
        {
            _taken.ExceptWith(ports.Select(HostEnd));
        }
    }

    private PublishedPort TakeOne(PublishedPort port)
    {
        lock (_sync)
        {
            for (int attempt = 0; attempt < 16; attempt++)
            {
                PublishedPort bound = port with { HostPort = Probe(port) };
                if (_taken.Add(HostEnd(bound)))
                {
                    return bound;
                }
            }
        }

        throw InUse(port);
    }

    /// <summary>Binds for a moment, as the VMM will; returns the port that the kernel gave.</summary>
    private static int Probe(PublishedPort port)
    {
        bool isTcp = port.Protocol == "tcp";
        using Socket socket = new(
            AddressFamily.InterNetwork, isTcp ? SocketType.Stream : SocketType.Dgram, isTcp ? ProtocolType.Tcp : ProtocolType.Udp);
        try
        {
            if (isTcp)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            }

            socket.Bind(new IPEndPoint(IPAddress.Parse(port.HostAddress), port.HostPort));
            return ((IPEndPoint)socket.LocalEndPoint!).Port;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw InUse(port);
        }
        catch (SocketException e)
        {
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
