using System.Net;
using System.Net.Sockets;
using MicroVm.Networks.Dns;

namespace MicroVm.Networks.Tests.Dns;

public sealed class ResolverTests
{
    private const uint Guest = (10u << 24) + 2;
    private const byte ServerFailure = 2;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ANameThatIsKnownHasItsAddresses()
    {
        byte[] query = Query.Of("WEB", 1);
        byte[]? answer = await new Resolver(new Names()).AnswerAsync(Guest, query, overTcp: false, Token);
        Assert.Equal(
            [0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. query[12..], 0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 10, 0, 0, 3], answer);
    }

    [Fact]
    public async Task ANameThatIsKnownHasNothingElse()
    {
        byte[] query = Query.Of("web", 28);
        byte[]? answer = await new Resolver(new Names()).AnswerAsync(Guest, query, overTcp: false, Token);
        Assert.Equal([0x12, 0x34, 0x85, 0x80, 0, 1, 0, 0, 0, 0, 0, 0, .. query[12..]], answer);
    }

    [Fact]
    public async Task AnAddressThatIsKnownHasItsName()
    {
        byte[] query = Query.Of("3.0.0.10.in-addr.arpa", 12);
        byte[]? answer = await new Resolver(new Names()).AnswerAsync(Guest, query, overTcp: false, Token);
        Assert.Equal([.. "\u0003web\u0003net\0"u8], answer![^9..]);
    }

    [Fact]
    public async Task OthersAreToldNothing() =>
        Assert.Null(await new Resolver(new Names()).AnswerAsync(Guest + 9, Query.Of("web", 1), overTcp: false, Token));

    [Fact]
    public async Task WhoReachesNothingOutsideAsksNothingThere()
    {
        byte[]? answer = await new Resolver(new Names()).AnswerAsync(Guest, Query.Of("example.org", 1), overTcp: false, Token);
        Assert.Equal(ServerFailure, answer![3] & 15);
    }

    /// <summary>A server on another loopback address that no test has: without one there the answer is a failure, not a wait.</summary>
    [Fact]
    public async Task AServerThatRefusesIsNotWaitedFor()
    {
        Names names = new() { Servers = [IPAddress.Parse("127.53.53.53")] };
        byte[]? answer = await new Resolver(names).AnswerAsync(Guest, Query.Of("example.org", 1), overTcp: true, Token);
        Assert.Equal(ServerFailure, answer![3] & 15);
    }

    [Fact]
    public async Task WhatIsNotOursIsAskedOutside()
    {
        using Socket server = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Parse("127.53.53.54"), 53));
        Names names = new() { Servers = [IPAddress.Parse("127.53.53.54")] };
        byte[] query = Query.Of("example.org", 1);
        Task<byte[]?> asked = new Resolver(names).AnswerAsync(Guest, query, overTcp: false, Token);
        byte[] seen = new byte[512];
        SocketReceiveFromResult received = await server.ReceiveFromAsync(seen, new IPEndPoint(IPAddress.Any, 0), Token);
        Assert.Equal(query[2..], seen[2..received.ReceivedBytes]);
        byte[] answer = [.. seen[..2], 0x81, 0x80, .. query[4..], 9, 9];

        // One with another number is another's: a guess.
        await server.SendToAsync((byte[])[(byte)(answer[0] ^ 1), .. answer[1..]], received.RemoteEndPoint, Token);
        await server.SendToAsync(answer, received.RemoteEndPoint, Token);
        byte[] expected = [.. query[..2], .. answer[2..]];
        Assert.Equal(expected, await asked);
    }

    private sealed class Names : IGuestNames
    {
        public IReadOnlyList<IPAddress> Servers { get; init; } = [];

        public bool IsGuest(uint client) => client == Guest;

        public IReadOnlyList<uint> Find(uint client, string name) => name == "web" ? [(10u << 24) + 3] : [];

        public string? NameOf(uint client, uint address) => address == (10u << 24) + 3 ? "web.net" : null;

        public IReadOnlyList<IPAddress> ServersOf(uint client) => Servers;
    }
}
