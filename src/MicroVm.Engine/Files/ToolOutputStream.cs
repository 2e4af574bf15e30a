using System.Buffers;
using MicroVm.Engine.Guest;

namespace MicroVm.Engine.Files;

/// <summary>
/// What a tool writes, as a stream. Its end is reported only when the tool has ended well; else the read fails. Dispose
/// ends the tool and gives back what it ran in.
/// </summary>
internal sealed class ToolOutputStream(GuestTool tool, FileLease lease) : Stream
{
    private bool _ended;
    private bool _disposed;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _ended)
        {
            return 0;
        }

        ReadOnlySequence<byte> bytes = await tool.Output.ReadAsync(cancellationToken).ConfigureAwait(false);
        if (bytes.IsEmpty)
        {
            _ended = true;
            await tool.CheckAsync(notFound: null, cancellationToken).ConfigureAwait(false);
            return 0;
        }

        int count = (int)Math.Min(bytes.Length, buffer.Length);
        bytes.Slice(0, count).CopyTo(buffer.Span);
        tool.Output.Advance(count);
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await tool.DisposeAsync().ConfigureAwait(false);
            await lease.DisposeAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
