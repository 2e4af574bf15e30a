using System.Buffers;

namespace MicroVm.Daemon.Tests.Http;

/// <summary>Bytes as a sequence of several segments, some of them empty.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    public static ReadOnlySequence<byte> Cut(ReadOnlyMemory<byte> bytes, Random random)
    {
        var first = new Segments();
        Segments last = first;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, random.Next(0, 50));
            var next = new Segments { Memory = bytes[..count], RunningIndex = last.RunningIndex + last.Memory.Length };
            last.Next = next;
            last = next;
            bytes = bytes[count..];
        }

        return new(first, 0, last, last.Memory.Length);
    }
}
