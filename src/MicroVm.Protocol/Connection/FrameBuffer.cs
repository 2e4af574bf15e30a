using System.Buffers;
using System.Buffers.Binary;

namespace MicroVm.Protocol.Connection;

/// <summary>Frames one behind the other, each with its length before it. Grows; gives memory back when it was large.</summary>
internal sealed class FrameBuffer : IBufferWriter<byte>
{
    private const int InitialSize = 4096;
    private const int KeptSize = 512 * 1024;
    private byte[] _bytes = new byte[InitialSize];
    private int _frame;

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, Length);

    public void BeginFrame()
    {
        _frame = Length;
        Reserve(sizeof(uint));
        Length += sizeof(uint);
    }

    /// <summary>Throws <see cref="ArgumentException"/> where the payload is longer than <paramref name="limit"/>.</summary>
    public void EndFrame(int limit)
    {
        int length = Length - _frame - sizeof(uint);
        if (length > limit)
        {
            throw new ArgumentException($"the message is too long: {length} bytes, at most {limit}");
        }

        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(_frame), (uint)length);
    }

    /// <summary>Forgets a frame that could not be completed.</summary>
    public void AbandonFrame() => Length = _frame;

    public void Advance(int count) => Length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _bytes.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Clear()
    {
        Length = 0;
        if (_bytes.Length > KeptSize)
        {
            _bytes = new byte[InitialSize];
        }
    }

    private void Reserve(int count)
    {
        if (_bytes.Length - Length < count)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, Length + count));
        }
    }
}
