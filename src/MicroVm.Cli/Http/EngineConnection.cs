using System.Text;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Http;

/// <summary>
/// One connection to the daemon: requests one after the other (HTTP/1.1, kept alive). After 101 it is a raw stream in
/// both directions. Not thread-safe, but one thread may read while another writes a raw stream.
/// </summary>
internal sealed class EngineConnection : IDisposable
{
    private const int MaximumHeaderLine = 16 << 10;

    private readonly FileDescriptor _socket;
    private readonly InputBuffer _input;

    internal EngineConnection(FileDescriptor socket)
    {
        _socket = socket;
        _input = new InputBuffer(socket);
    }

    internal FileDescriptor Socket => _socket;

    /// <summary>The other side closed an idle connection.</summary>
    internal bool IsClosed => _input.IsReadable;

    public void Dispose() => _socket.Dispose();

    /// <summary>Sends a request with its whole body.</summary>
    /// <param name="path">With its query, escaped.</param>
    /// <param name="headers">More header lines, each ended by CR LF.</param>
    internal void Send(string method, string path, ReadOnlySpan<byte> body, string headers = "")
    {
        string length = body.Length > 0 || method is "POST" or "PUT"
            ? $"Content-Length: {WholeNumber.Format(body.Length)}\r\n"
            : "";
        string type = body.Length > 0 ? "Content-Type: application/json\r\n" : "";
        byte[] head = Head(method, path, length + type + headers);
        if (body.Length == 0)
        {
            _socket.Write(head);
            return;
        }

        // One write: the daemon then reads head and body at once.
        byte[] request = new byte[head.Length + body.Length];
        head.CopyTo(request, 0);
        body.CopyTo(request.AsSpan(head.Length));
        _socket.Write(request);
    }

    /// <summary>Sends only a head; the caller writes the body to <see cref="Socket"/>.</summary>
    internal void SendHead(string method, string path, string headers) => _socket.Write(Head(method, path, headers));

    /// <summary>Reads the head of the answer.</summary>
    internal EngineResponse Receive()
    {
        while (true)
        {
            int status = ParseStatus(_input.ReadLine(MaximumHeaderLine));
            ResponseHeaders headers = ReadHeaders();
            if (status is >= 200 or 101)
            {
                return new EngineResponse(status, headers, BodyOf(status, headers));
            }
        }
    }

    private static byte[] Head(string method, string path, string headers) =>
        Encoding.UTF8.GetBytes($"{method} {path} HTTP/1.1\r\nHost: mvm\r\nUser-Agent: mvm\r\n{headers}\r\n");

    private ResponseHeaders ReadHeaders()
    {
        var headers = new ResponseHeaders();
        while (true)
        {
            ReadOnlySpan<byte> line = _input.ReadLine(MaximumHeaderLine);
            if (line.IsEmpty)
            {
                return headers;
            }

            headers.Add(Encoding.UTF8.GetString(line));
        }
    }

    private static int ParseStatus(ReadOnlySpan<byte> line)
    {
        bool valid = line.Length >= 12 && line.StartsWith("HTTP/1."u8) && line[8] == ' ';
        return valid && WholeNumber.TryParse(line.Slice(9, 3), out long status) && status >= 0
            ? (int)status
            : throw new ProtocolException("the answer is not HTTP");
    }

    private IResponseBody BodyOf(int status, ResponseHeaders headers)
    {
        if (status == 101)
        {
            return new UntilCloseBody(_input);
        }

        if (status is 204 or 304)
        {
            return new EmptyBody();
        }

        if (headers.Find("Transfer-Encoding") is { } encoding)
        {
            return encoding.Equals("chunked", StringComparison.OrdinalIgnoreCase)
                ? new ChunkedBody(_input)
                : throw new ProtocolException($"unknown transfer encoding '{encoding}'");
        }

        return headers.Find("Content-Length") is { } length ? new FixedBody(_input, ParseLength(length)) : new UntilCloseBody(_input);
    }

    private static long ParseLength(string text) =>
        WholeNumber.TryParse(Encoding.UTF8.GetBytes(text), out long length) && length >= 0
            ? length
            : throw new ProtocolException("malformed Content-Length");
}
