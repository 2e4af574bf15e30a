using System.Buffers.Binary;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>Reads whole frames from a stream.</summary>
internal sealed class FrameReceiver(Stream stream)
{
    private const int InitialSize = 8 * 1024;
    private const int FullSize = 2 * (ProtocolLimits.MaxFrameToHost + sizeof(uint));

    // Leftovers of an earlier connection: at most what the guest had queued for it.
    private const long MaxLeftovers = 64 * 1024 * 1024;
    private byte[] _buffer = new byte[InitialSize];
    private int _start;
    private int _end;

    private Span<byte> Held => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Drops what comes before the preamble that this connection sent and the guest echoes.</summary>
    public async ValueTask FindPreambleAsync(byte[] preamble, CancellationToken cancellationToken)
    {
        for (long dropped = 0; dropped <= MaxLeftovers;)
        {
            int index = Held.IndexOf(preamble);
            if (index >= 0)
            {
                _start += index + preamble.Length;
                return;
            }

            int drop = Math.Max(0, Held.Length - (preamble.Length - 1));
            _start += drop;
            dropped += drop;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }

        throw new ProtocolException("no preamble in the first 64 MiB of its answer");
    }

    /// <summary>The next frame's payload, valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryTake(out ReadOnlyMemory<byte> payload))
            {
                return payload;
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private bool TryTake(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (Held.Length < sizeof(uint))
        {
            return false;
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(Held);
        if (length > ProtocolLimits.MaxFrameToHost)
        {
            throw new ProtocolException($"a frame of {length} bytes");
        }

        int size = sizeof(uint) + (int)length;
        if (Held.Length < size)
        {
            return false;
        }

        payload = _buffer.AsMemory(_start + sizeof(uint), (int)length);
        _start += size;
        return true;
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        MakeRoom();
        int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count > 0 ? count : throw new ConnectionLostException("the guest closed the channel");
    }

    /// <summary>A guest that once filled the small buffer gets the large one: most are quiet.</summary>
    private void MakeRoom()
    {
        byte[] to = _end == _buffer.Length && _buffer.Length < FullSize ? new byte[FullSize] : _buffer;
        int held = Held.Length;
        Held.CopyTo(to);
        (_buffer, _start, _end) = (to, 0, held);
    }
}
