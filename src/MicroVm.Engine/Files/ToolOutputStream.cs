using System.Buffers;
using MicroVm.Engine.Guest;
using MicroVm.Images.Files;

namespace MicroVm.Engine.Files;

/// <summary>
/// What a tool writes, as a stream. Its end is reported only when the tool has ended well; else the read fails. Dispose
/// ends the tool and gives back what it ran in.
/// </summary>
internal sealed class ToolOutputStream(GuestTool tool, FileLease lease) : ReadOnlyStream
{
    private bool _ended;
    private bool _disposed;

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
}
