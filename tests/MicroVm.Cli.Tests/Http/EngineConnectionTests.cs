using System.Net.Sockets;
using System.Text;
using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Tests.Http;

/// <summary>The client against bytes as a server may send them.</summary>
public class EngineConnectionTests
{
    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello")]
    [InlineData("HTTP/1.0 200 OK\n\nhello", 200, "hello")]
    [InlineData("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", 200, "")]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n", 204, "")]
    [InlineData("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, "")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, "ok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n", 200, "hello world")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n", 200, "0123456789")]
    [InlineData("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nraw", 101, "raw")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 17\r\n\r\n{\"message\":\"no\"}\n", 404, "{\"message\":\"no\"}\n")]
    public void Reads_answers_however_they_are_split(string wire, int status, string body)
    {
        foreach (int piece in new[] { int.MaxValue, 1, 7 })
        {
            EngineResponse response = Exchange(Encoding.UTF8.GetBytes(wire), piece);
            Assert.Equal(status, response.Status);
            Assert.Equal(body, Encoding.UTF8.GetString(response.ReadAll()));
        }
    }

    [Theory]
    [InlineData("", "connection closed")]
    [InlineData("HTTP/1.1 200", "connection closed in the middle of an answer")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "the answer is not HTTP")]
    [InlineData("HTTP/1.1 abc OK\r\n\r\n", "the answer is not HTTP")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed header")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", "connection closed in the middle of an answer")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", "unknown transfer encoding 'gzip'")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "malformed chunk size")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", "malformed chunk size")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "malformed chunk size")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabXX\r\n", "malformed chunk")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "connection closed in the middle of an answer")]
    public void Says_what_is_wrong_with_the_rest(string wire, string message)
    {
        var failure = Assert.Throws<ProtocolException>(() => Exchange(Encoding.UTF8.GetBytes(wire)).ReadAll());
        Assert.Equal(message, failure.Message);
    }

    [Fact]
    public void Endless_heads_are_cut_off()
    {
        byte[] line = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nX: " + new string('x', 100_000));
        Assert.Equal("header line too long", Assert.Throws<ProtocolException>(() => Exchange(line)).Message);
        byte[] many = Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 500).Select(n => $"H{n}: x\r\n")));
        Assert.Equal("too many headers", Assert.Throws<ProtocolException>(() => Exchange(many)).Message);
    }

    [Fact]
    public void One_connection_carries_several_requests()
    {
        byte[] wire = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"u8.ToArray();
        byte[] chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n"u8.ToArray();
        using Pair pair = Connect();
        foreach ((byte[] answer, string body) in new[] { (wire, "a"), (chunked, "b"), (wire, "a") })
        {
            pair.Client.Send("GET", "/x", default);
            pair.Server.Send(answer);
            Assert.Equal(body, Encoding.UTF8.GetString(pair.Client.Receive().ReadAll()));
        }
    }

    [Fact]
    public void A_request_goes_out_whole()
    {
        using Pair pair = Connect();
        pair.Client.Send("POST", "/containers/create?name=x", "{}"u8, "X-Y: z\r\n");
        byte[] buffer = new byte[4096];
        string sent = Encoding.ASCII.GetString(buffer, 0, pair.Server.Receive(buffer));
        Assert.StartsWith("POST /containers/create?name=x HTTP/1.1\r\nHost: ", sent, StringComparison.Ordinal);
        Assert.Contains("\r\nContent-Length: 2\r\n", sent, StringComparison.Ordinal);
        Assert.EndsWith("X-Y: z\r\n\r\n{}", sent, StringComparison.Ordinal);
    }

    /// <summary>Mutations of valid answers: read, or refused; never anything else, and always an end.</summary>
    [Fact]
    public void Survives_garbage()
    {
        byte[][] seeds =
        [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray(),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"u8.ToArray(),
            "HTTP/1.1 101 X\r\nUpgrade: tcp\r\n\r\n\x01\0\0\0\0\0\0\x02hi"u8.ToArray(),
        ];
        var random = new Random(31);
        for (int round = 0; round < 3000; round++)
        {
            byte[] wire = (byte[])seeds[random.Next(seeds.Length)].Clone();
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                wire[random.Next(wire.Length)] = (byte)random.Next(256);
            }

            try
            {
                Exchange(wire[..random.Next(wire.Length + 1)]).ReadAll();
            }
            catch (ProtocolException)
            {
                // Refused.
            }
        }
    }

    private static EngineResponse Exchange(byte[] wire, int piece = int.MaxValue)
    {
        Pair pair = Connect();
        _ = Task.Run(() =>
        {
            for (int start = 0; start < wire.Length; start += Math.Min(piece, wire.Length))
            {
                pair.Server.Send(wire.AsSpan(start, Math.Min(piece, wire.Length - start)));
            }

            pair.Server.Shutdown(SocketShutdown.Send);
        });
        return pair.Client.Receive();
    }

    private static Pair Connect()
    {
        string path = Path.Combine(Path.GetTempPath(), $"mvm-http-{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        FileDescriptor client = UnixSocket.Connect(path);
        Socket server = listener.Accept();
        File.Delete(path);
        return new Pair(new EngineConnection(client), server);
    }

    private sealed record Pair(EngineConnection Client, Socket Server) : IDisposable
    {
        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
