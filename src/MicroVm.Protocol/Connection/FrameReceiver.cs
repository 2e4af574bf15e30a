using System.Buffers.Binary;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>Reads whole frames from a stream.</summary>
internal sealed class FrameReceiver(Stream stream)
{
    // Leftovers of an earlier connection: at most what the guest had queued for it.
    private const long MaxLeftovers = 64 * 1024 * 1024;
    private readonly byte[] _buffer = new byte[2 * (ProtocolLimits.MaxFrameToHost + sizeof(uint))];
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

        throw new ProtocolException("the guest does not answer in the protocol");
    }

    /// <summary>The next frame's payload, valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (Held.Length >= sizeof(uint))
            {
                uint length = BinaryPrimitives.ReadUInt32BigEndian(Held);
                if (length > ProtocolLimits.MaxFrameToHost)
                {
                    throw new ProtocolException($"a frame of {length} bytes");
                }

                if (Held.Length >= sizeof(uint) + (int)length)
                {
                    ReadOnlyMemory<byte> payload = _buffer.AsMemory(_start + sizeof(uint), (int)length);
                    _start += sizeof(uint) + (int)length;
                    return payload;
                }
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            Held.CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        int count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += count > 0 ? count : throw new ConnectionLostException("the guest closed the channel");
    }
}
