using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>
/// QEMU's machine protocol (docs/interop/qmp-spec.txt), for the few commands that are needed. QEMU may have been taken
/// over by its guest: what it says is bounded.
/// </summary>
internal sealed class QmpClient : IAsyncDisposable
{
    private const int MaxLine = 1 << 20;
    private const int MaxEvents = 1000;
    private readonly NetworkStream _stream;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly MemoryStream _line = new();
    private int _start;
    private int _end;

    private QmpClient(NetworkStream stream) => _stream = stream;

    public static async Task<QmpClient> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken).ConfigureAwait(false);
            var client = new QmpClient(new NetworkStream(socket, ownsSocket: true));
            await client.ReadLineAsync(cancellationToken).ConfigureAwait(false); // The greeting.
            await client.ExecuteAsync("qmp_capabilities", cancellationToken).ConfigureAwait(false);
            return client;
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e is SocketException ? new HypervisorException($"the VMM does not answer: {e.Message}", e) : e;
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Carries out a command without arguments.</summary>
    public async Task ExecuteAsync(string command, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes($"{{\"execute\":\"{command}\"}}\n"), cancellationToken).ConfigureAwait(false);
        for (int events = 0; events < MaxEvents; events++)
        {
            byte[] line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (TryReadReply(line, out string? error))
            {
                if (error is not null)
                {
                    throw new HypervisorException($"QEMU refused {command}: {Printable.OneLine(error, 300)}");
                }

                return;
            }
        }

        throw new HypervisorException($"QEMU does not answer {command}");
    }

    /// <summary>False for an event.</summary>
    internal static bool TryReadReply(ReadOnlySpan<byte> line, out string? error)
    {
        error = null;
        try
        {
            var reader = new Utf8JsonReader(line);
            using JsonDocument document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new HypervisorException("QEMU's answer is not an object");
            }

            if (document.RootElement.TryGetProperty("error", out JsonElement failure))
            {
                error = failure.ValueKind == JsonValueKind.Object && failure.TryGetProperty("desc", out JsonElement text) && text.ValueKind == JsonValueKind.String
                    ? text.GetString()
                    : "no reason given";
                return true;
            }

            return document.RootElement.TryGetProperty("return", out _);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The latter for a string that is not UTF-8.
            throw new HypervisorException("QEMU's answer is not JSON", e);
        }
    }

    private async Task<byte[]> ReadLineAsync(CancellationToken cancellationToken)
    {
        _line.SetLength(0);
        while (true)
        {
            int newline = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            int count = newline < 0 ? _end - _start : newline;
            _line.Write(_buffer, _start, count);
            _start += newline < 0 ? count : count + 1;
            if (newline >= 0)
            {
                return _line.ToArray();
            }

            if (_line.Length > MaxLine)
            {
                throw new HypervisorException("QEMU's answer is too long");
            }

            _start = 0;
            _end = await _stream.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false);
            if (_end == 0)
            {
                throw new HypervisorException("the VMM has ended");
            }
        }
    }
}
