using System.Globalization;
using System.Text;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Http;

/// <summary>Sends a body in chunks on a thread of its own, because the daemon may answer, or refuse, before all was sent.</summary>
internal sealed class ChunkedUpload(EngineConnection connection)
{
    private volatile Exception? _failure;

    /// <summary>Bytes that went.</summary>
    internal long Length { get; private set; }

    /// <summary>What kept the body from being made; null: nothing.</summary>
    internal Exception? Failure => _failure;

    /// <param name="produce">Makes the body, piece by piece. A body that it fails at is cut off, never taken for whole.</param>
    internal void Start(string method, string path, string headers, Action<Action<ReadOnlyMemory<byte>>> produce)
    {
        connection.SendHead(method, path, headers + "Transfer-Encoding: chunked\r\n");
        new Thread(() => Produce(produce)) { IsBackground = true }.Start();
    }

    /// <summary>The answer; null when our own failure has cut the connection.</summary>
    internal EngineResponse? Receive()
    {
        try
        {
            return connection.Receive();
        }
        catch (Exception failure) when (failure is IOException or ProtocolException && _failure is not null)
        {
            return null;
        }
    }

    private void Produce(Action<Action<ReadOnlyMemory<byte>>> produce)
    {
        try
        {
            produce(SendChunk);
            connection.Socket.Write("0\r\n\r\n"u8);
        }
        catch (SystemCallException refused) when (refused.Error is Constants.EPIPE or Constants.ECONNRESET)
        {
            // The daemon has said why.
        }
        catch (Exception failure) when (failure is IOException or CliException)
        {
            _failure = failure;
            _ = Libc.Shutdown(connection.Socket, Constants.SHUT_WR);
        }
    }

    private void SendChunk(ReadOnlyMemory<byte> bytes)
    {
        if (!bytes.IsEmpty)
        {
            Length += bytes.Length;
            connection.Socket.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{bytes.Length:x}\r\n")));
            connection.Socket.Write(bytes.Span);
            connection.Socket.Write("\r\n"u8);
        }
    }
}
