using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroVm.Cli.Tests.Processes;

/// <summary>
/// A scripted engine on a Unix socket: answers by rules, keeps what was asked. Good for what a real one can't be made to
/// do on demand; the real ones are in the integration tests.
/// </summary>
internal sealed class FakeEngine : IDisposable
{
    internal static readonly string ContainerId = new('a', 64);

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly List<(string Prefix, Action<Request> Answer)> _rules = [];
    private readonly List<(string Prefix, Action<Request> Answer)> _headRules = [];
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-fake-").FullName;

    internal FakeEngine()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen(64);
        new Thread(Accept) { IsBackground = true }.Start();
    }

    internal string SocketPath => Path.Combine(_directory, "e.sock");

    internal BlockingCollection<Request> Requests { get; } = [];

    /// <summary>Set when the container runs.</summary>
    internal ManualResetEventSlim Started { get; } = new();

    /// <summary>Later rules win.</summary>
    internal FakeEngine On(string prefix, Action<Request> answer)
    {
        _rules.Insert(0, (prefix, answer));
        return this;
    }

    internal FakeEngine On(string prefix, int status, string json) => On(prefix, request => request.Reply(status, json));

    /// <summary>Answers before the body was read.</summary>
    internal FakeEngine OnHead(string prefix, Action<Request> answer)
    {
        _headRules.Add((prefix, answer));
        return this;
    }

    /// <summary>Waits for a request that begins so.</summary>
    internal Request Next(string prefix)
    {
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        foreach (Request request in Requests.GetConsumingEnumerable(timeout.Token))
        {
            if (request.Line.StartsWith(prefix, StringComparison.Ordinal))
            {
                return request;
            }
        }

        throw new InvalidOperationException();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Accept()
    {
        try
        {
            while (true)
            {
                Socket socket = _listener.Accept();
                new Thread(() => Serve(socket)) { IsBackground = true }.Start();
            }
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Serve(Socket socket)
    {
        try
        {
            var stream = new BufferedStream(new NetworkStream(socket));
            while (Request.Read(socket, stream, OnlyHead) is { } request)
            {
                Requests.Add(request);
                Action<Request> answer = _headRules.Find(rule => request.Line.StartsWith(rule.Prefix, StringComparison.Ordinal)).Answer
                    ?? _rules.Find(rule => request.Line.StartsWith(rule.Prefix, StringComparison.Ordinal)).Answer
                    ?? (unknown => unknown.Reply(404, $$"""{"message":"no rule for {{unknown.Line}}"}"""));
                answer(request);
                if (OnlyHead(request.Line))
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException or ObjectDisposedException)
        {
            // The client left.
        }
    }

    private bool OnlyHead(string line) => _headRules.Exists(rule => line.StartsWith(rule.Prefix, StringComparison.Ordinal));

    internal sealed class Request(Socket socket, Stream input, string line, Dictionary<string, string> headers, byte[] body)
    {
        /// <summary>Method and target.</summary>
        internal string Line => line;

        internal IReadOnlyDictionary<string, string> Headers => headers;

        internal byte[] Content => body;

        internal string Body => Encoding.UTF8.GetString(body);

        internal Socket Socket => socket;

        /// <summary>What the client sends after an upgrade.</summary>
        internal Stream Input => input;

        internal static Request? Read(Socket socket, Stream input, Predicate<string> onlyHead)
        {
            if (ReadLine(input) is not { } first)
            {
                return null;
            }

            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (ReadLine(input) is { Length: > 0 } header)
            {
                int colon = header.IndexOf(':', StringComparison.Ordinal);
                headers[header[..colon]] = header[(colon + 1)..].Trim();
            }

            string line = first[..first.LastIndexOf(' ')];
            if (onlyHead(line))
            {
                return new Request(socket, input, line, headers, []);
            }

            byte[] body = headers.ContainsKey("Transfer-Encoding")
                ? ReadChunks(input)
                : new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
            if (!headers.ContainsKey("Transfer-Encoding"))
            {
                input.ReadExactly(body);
            }

            return new Request(socket, input, line, headers, body);
        }

        internal void Reply(int status, string json, string headers = "") => Raw(
            $"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

        internal void Raw(string text) => socket.Send(Encoding.UTF8.GetBytes(text));

        internal void Upgrade() => Raw("HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");

        internal void Frame(byte stream, ReadOnlySpan<byte> payload)
        {
            byte[] frame = new byte[8 + payload.Length];
            frame[0] = stream;
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), payload.Length);
            payload.CopyTo(frame.AsSpan(8));
            for (int sent = 0; sent < frame.Length;)
            {
                sent += socket.Send(frame.AsSpan(sent));
            }
        }

        private static byte[] ReadChunks(Stream input)
        {
            var content = new MemoryStream();
            int size;
            while ((size = int.Parse(ReadLine(input)!, NumberStyles.HexNumber, CultureInfo.InvariantCulture)) > 0)
            {
                byte[] chunk = new byte[size];
                input.ReadExactly(chunk);
                content.Write(chunk);
                ReadLine(input);
            }

            ReadLine(input);
            return content.ToArray();
        }

        private static string? ReadLine(Stream input)
        {
            var line = new StringBuilder();
            int value;
            while ((value = input.ReadByte()) >= 0 && value != '\n')
            {
                line.Append((char)value);
            }

            return value < 0 && line.Length == 0 ? null : line.ToString().TrimEnd('\r');
        }
    }
}
