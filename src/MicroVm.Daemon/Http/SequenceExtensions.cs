using System.Buffers;

namespace MicroVm.Daemon.Http;

internal static class SequenceExtensions
{
    public static byte ByteAt(this in ReadOnlySequence<byte> sequence, long index)
    {
        Span<byte> one = stackalloc byte[1];
        sequence.Slice(index, 1).CopyTo(one);
        return one[0];
    }
}
