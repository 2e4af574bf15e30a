using System.Buffers.Text;

namespace MicroVm.Daemon.Http;

/// <summary>
/// The body of one response: framed as the head says, collected in one small buffer, sent when that is full or
/// flushed. A write waits until the client's socket takes it: nothing piles up for a slow reader.
/// </summary>
internal sealed class ResponseBody(HttpExchange exchange) : Stream
{
    private const int MaxChunkHeader = 18;

    private readonly OutputBuffer _output = exchange.Output;
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty)
        {
            return;
        }

        await exchange.EnsureStartedAsync().ConfigureAwait(false);
        _written += buffer.Length;
        switch (exchange.Framing)
        {
            case ResponseFraming.NoBody:
                break;
            case ResponseFraming.Chunked:
                await WriteChunkAsync(buffer, cancellationToken).ConfigureAwait(false);
                break;
            default:
                CheckLength();
                await _output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
                break;
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await exchange.EnsureStartedAsync().ConfigureAwait(false);
        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the body. False when less was written than Content-Length promised.</summary>
    public async ValueTask<bool> EndAsync(CancellationToken cancellationToken)
    {
        if (exchange.Framing == ResponseFraming.Chunked)
        {
            await _output.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }

        await _output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return exchange.Framing != ResponseFraming.Length || _written == exchange.DeclaredLength;
    }

    public override void Flush() => FlushAsync(CancellationToken.None).GetAwaiter().GetResult();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    private async ValueTask WriteChunkAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        byte[] header = new byte[MaxChunkHeader];
        Utf8Formatter.TryFormat(data.Length, header, out int length, new('x'));
        "\r\n"u8.CopyTo(header.AsSpan(length));
        await _output.WriteAsync(header.AsMemory(0, length + 2), cancellationToken).ConfigureAwait(false);
        await _output.WriteAsync(data, cancellationToken).ConfigureAwait(false);
        await _output.WriteAsync(header.AsMemory(length, 2), cancellationToken).ConfigureAwait(false);
    }

    private void CheckLength()
    {
        if (exchange.Framing == ResponseFraming.Length && _written > exchange.DeclaredLength)
        {
            throw new InvalidOperationException("the response is longer than its Content-Length");
        }
    }
}
