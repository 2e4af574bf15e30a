using System.Net;
using System.Net.Sockets;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Tests.Containers;

public sealed class PortReservationsTests : IDisposable
{
    private readonly PortReservations _ports = new(holds: false);

    public void Dispose() => _ports.Dispose();

    [Fact]
    public void PortZeroBecomesAFreeOneAndAddressesDefaultToAll()
    {
        IReadOnlyList<PublishedPort> taken = _ports.Take([new("", 0, 80, "tcp"), new("127.0.0.1", 0, 53, "udp")]);
        Assert.All(taken, port => Assert.InRange(port.HostPort, 1, 65535));
        Assert.Equal(["0.0.0.0", "127.0.0.1"], taken.Select(port => port.HostAddress));
        Assert.Equal([80, 53], taken.Select(port => port.GuestPort));
    }

    [Fact]
    public void APortInUseOnTheHostIsRefusedInDockersWords()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        EngineException e = Assert.Throws<EngineException>(() => _ports.Take([new("127.0.0.1", port, 80, "tcp")]));
        Assert.EndsWith($"Bind for 127.0.0.1:{port} failed: port is already allocated", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATakenPortIsFreeAgainAfterItsRelease()
    {
        IReadOnlyList<PublishedPort> taken = _ports.Take([new("127.0.0.1", 0, 80, "tcp")]);
        Assert.Throws<EngineException>(() => _ports.Take([taken[0] with { GuestPort = 81 }]));
        _ports.Release(taken);
        Assert.Equal(taken, _ports.Take(taken));
    }

    [Theory]
    [InlineData("tcp", SocketType.Stream, ProtocolType.Tcp)]
    [InlineData("udp", SocketType.Dgram, ProtocolType.Udp)]
    public void APortThatIsHeldIsNobodyElses(string protocol, SocketType type, ProtocolType number)
    {
        using PortReservations holding = new(holds: true);
        IReadOnlyList<PublishedPort> taken = holding.Take([new("127.0.0.1", 0, 80, protocol)]);
        using Socket other = new(AddressFamily.InterNetwork, type, number);
        IPEndPoint address = new(IPAddress.Loopback, taken[0].HostPort);
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => other.Bind(address)).SocketErrorCode);
        holding.Release(taken);
        other.Bind(address);
    }

    [Fact]
    public void AFailureTakesNothing()
    {
        IReadOnlyList<PublishedPort> taken = _ports.Take([new("127.0.0.1", 0, 80, "tcp"), new("127.0.0.1", 0, 81, "tcp")]);
        _ports.Release([taken[0]]);
        Assert.Throws<EngineException>(() => _ports.Take(taken));
        Assert.Single(_ports.Take([taken[0]]));
    }
}
