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
    public Task ExecuteAsync(string command, CancellationToken cancellationToken) => ExecuteAsync(command, "{}", cancellationToken);

    /// <param name="arguments">A JSON object.</param>
    public Task ExecuteAsync(string command, string arguments, CancellationToken cancellationToken) =>
        CallAsync(command, arguments, cancellationToken);

    /// <summary>A migration leaves memory alone that is a shared file: the file is what is kept of it (x-ignore-shared).</summary>
    public Task LeaveSharedMemoryAsync(CancellationToken cancellationToken) => ExecuteAsync(
        "migrate-set-capabilities", """{"capabilities":[{"capability":"x-ignore-shared","state":true}]}""", cancellationToken);

    /// <summary>What the VM is doing, in QEMU's words (RunState).</summary>
    public async Task<string> StatusAsync(CancellationToken cancellationToken)
    {
        byte[] reply = await CallAsync("query-status", "{}", cancellationToken).ConfigureAwait(false);
        return TextOf(reply, "return", "status") ?? throw new HypervisorException("QEMU does not say what the VM is doing");
    }

    /// <summary>Waits for something to happen that has not happened when the last command was answered.</summary>
    /// <param name="name">As QEMU calls it: RESUME.</param>
    public async Task WaitForAsync(string name, CancellationToken cancellationToken)
    {
        for (int events = 0; events < MaxEvents; events++)
        {
            if (TextOf(await ReadLineAsync(cancellationToken).ConfigureAwait(false), "event") == name)
            {
                return;
            }
        }

        throw new HypervisorException($"QEMU does not say {name}");
    }

    private async Task<byte[]> CallAsync(string command, string arguments, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.UTF8.GetBytes($"{{\"execute\":\"{command}\",\"arguments\":{arguments}}}\n"), cancellationToken).ConfigureAwait(false);
        for (int events = 0; events < MaxEvents; events++)
        {
            byte[] line = await ReadLineAsync(cancellationToken).ConfigureAwait(false);
            if (TryReadReply(line, out string? error))
            {
                return error is null ? line : throw new HypervisorException($"QEMU refused {command}: {Printable.OneLine(error, 300)}");
            }
        }

        throw new HypervisorException($"QEMU does not answer {command}");
    }

    /// <summary>The string at the end of a path of names; null: there is none.</summary>
    private static string? TextOf(ReadOnlyMemory<byte> line, params ReadOnlySpan<string> path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement element = document.RootElement;
            foreach (string name in path)
            {
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
                {
                    return null;
                }
            }

            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new HypervisorException("QEMU's answer is not JSON", e);
        }
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
