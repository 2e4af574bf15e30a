using System.Buffers.Binary;
using System.Net.Sockets;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>The guest's role on the other end of a socket pair, message by message.</summary>
internal sealed class GuestEnd(Socket socket) : IDisposable
{
    private readonly FrameBuffer _out = new();

    public static byte[] Token { get; } = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public static (Stream Host, GuestEnd Guest) Pair()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        string path = Path.Combine(Path.GetTempPath(), $"mvm-{Guid.NewGuid():N}.sock");
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        var host = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        host.Connect(new UnixDomainSocketEndPoint(path));
        File.Delete(path);
        return (new NetworkStream(host, ownsSocket: true), new GuestEnd(listener.Accept()));
    }

    public static AgentConnection Open(Stream stream, int window = 65536) =>
        AgentConnection.Open(stream, new() { Token = Token, Window = window });

    /// <summary>Echoes the preamble and answers Hello.</summary>
    public async Task<Hello> GreetAsync(params ProcessState[] processes)
    {
        byte[] preamble = await ReadAsync(ProtocolLimits.PreambleSize);
        await WriteAsync(preamble);
        (uint id, IMessage message) = await ReceiveAsync();
        var hello = Assert.IsType<Hello>(message);
        await SendAsync(id, new HelloReply(1, hello.Token, "build", "6.1", 1, 1, 1, processes.Length > 0, processes));
        return hello;
    }

    public async Task<(uint Id, IMessage Message)> ReceiveAsync()
    {
        byte[] length = await ReadAsync(4);
        byte[] payload = await ReadAsync((int)BinaryPrimitives.ReadUInt32BigEndian(length));
        IMessage message = MessageCodec.Decode(payload, Direction.HostToGuest, out uint id);
        return (id, message);
    }

    public async Task<T> ExpectAsync<T>()
        where T : IMessage => Assert.IsType<T>((await ReceiveAsync()).Message);

    public async Task SendAsync(uint id, IMessage message)
    {
        _out.Clear();
        _out.BeginFrame();
        MessageCodec.Encode(_out, id, message);
        _out.EndFrame(int.MaxValue);
        await WriteAsync(_out.Written);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes)..];
        }
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        for (int read = 0; read < count;)
        {
            int n = await socket.ReceiveAsync(bytes.AsMemory(read));
            read += n > 0 ? n : throw new EndOfStreamException();
        }

        return bytes;
    }

    public void Dispose() => socket.Dispose();
}
