using System.Net;
using System.Net.Sockets;
using MicroVm.Networks.Dns;

namespace MicroVm.Networks.Tests.Dns;

/// <summary>The server on a loopback address of its own, this process its guest.</summary>
public sealed class DnsServerTests : IAsyncDisposable
{
    private const uint Address = (127u << 24) | (53 << 16) | (53 << 8) | 60;
    private readonly DnsServer _server = new(Address, "lo", new(new Names()));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IPEndPoint EndPoint => new(IPAddress.Parse("127.53.53.60"), 53);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task AQuestionByUdpIsAnswered()
    {
        using Socket guest = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await guest.ConnectAsync(EndPoint, Token);
        await guest.SendAsync(new byte[] { 1, 2, 3 }, Token);
        await guest.SendAsync(Query.Of("web", 1), Token);
        byte[] answer = new byte[512];
        int length = await guest.ReceiveAsync(answer, Token);
        Assert.Equal([10, 0, 0, 3], answer[(length - 4)..length]);
    }

    [Fact]
    public async Task QuestionsByTcpAreAnsweredOneAfterTheOther()
    {
        using TcpClient guest = new();
        await guest.ConnectAsync(EndPoint, Token);
        NetworkStream stream = guest.GetStream();
        for (ushort id = 0; id < 3; id++)
        {
            await DnsStream.WriteAsync(stream, Query.Of("web", 1, id), Token);
            byte[] answer = (await DnsStream.ReadAsync(stream, 512, Token))!;
            Assert.Equal([10, 0, 0, 3], answer[^4..]);
            Assert.Equal(id, answer[1]);
        }
    }

    /// <summary>Rubbish ends its connection, and nobody else's.</summary>
    [Fact]
    public async Task AGuestThatTalksNonsenseIsLetGo()
    {
        using TcpClient guest = new();
        await guest.ConnectAsync(EndPoint, Token);
        await guest.GetStream().WriteAsync(new byte[] { 0xff, 0xff, 1, 2, 3 }, Token);
        Assert.True(await EndsAsync(guest));
        await AQuestionByUdpIsAnswered();
    }

    /// <summary>More connections than one guest may have are closed at once; those that it has go on.</summary>
    [Fact]
    public async Task OneGuestDoesNotTakeAllConnections()
    {
        List<TcpClient> guests = [];
        for (int i = 0; i < 8; i++)
        {
            TcpClient guest = new();
            await guest.ConnectAsync(EndPoint, Token);
            guests.Add(guest);
        }

        bool[] ended = await Task.WhenAll(guests.Skip(4).Select(EndsAsync));
        Assert.All(ended, Assert.True);
        await DnsStream.WriteAsync(guests[0].GetStream(), Query.Of("web", 1), Token);
        Assert.NotNull(await DnsStream.ReadAsync(guests[0].GetStream(), 512, Token));
        guests.ForEach(guest => guest.Dispose());
    }

    private static async Task<bool> EndsAsync(TcpClient guest)
    {
        try
        {
            return await guest.GetStream().ReadAsync(new byte[1], Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private sealed class Names : IGuestNames
    {
        public bool IsGuest(uint client) => client >> 24 == 127;

        public IReadOnlyList<uint> Find(uint client, string name) => name == "web" ? [(10u << 24) + 3] : [];

        public string? NameOf(uint client, uint address) => null;

        public IReadOnlyList<IPAddress> ServersOf(uint client) => [];
    }
}
