using System.Buffers;
using System.IO.Pipelines;
using MicroVm.Images.Files;

namespace MicroVm.Daemon.Http;

/// <summary>
/// The raw bytes of a hijacked connection. Each direction ends by itself: a read of 0 is the client's half-close,
/// after which writes go on; a client that is gone altogether fires the request's RequestAborted.
/// </summary>
internal sealed class HijackedStream(PipeReader input, OutputBuffer output, Action shutdownSend) : ReadOnlyStream
{
    private bool _ended;

    public override bool CanWrite => true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        int count = (int)Math.Min(result.Buffer.Length, buffer.Length);
        result.Buffer.Slice(0, count).CopyTo(buffer.Span);
        input.AdvanceTo(result.Buffer.GetPosition(count));
        return count;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await output.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One send for a frame's head and payload.</summary>
    public async ValueTask WriteAsync(
        ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        await output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(payload, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <summary>Our half-close: the client reads the end, we read on.</summary>
    public void CompleteWrites()
    {
        if (!_ended)
        {
            _ended = true;
            shutdownSend();
        }
    }
}
