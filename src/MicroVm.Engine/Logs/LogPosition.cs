using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Engine.Logs;

/// <summary>
/// The side file that makes the log exact across a daemon's death. Before a batch is appended, a record says: the
/// log's length and stream offsets before it and after it. A daemon that comes later finds the log either grown to
/// the full length (the batch counts), or not (it is cut back and the guest sends those bytes again).
/// Two slots are written in turn, each with a checksum, so that a torn record leaves the one before.
/// </summary>
internal sealed class LogPosition : IDisposable
{
    private const int SlotSize = 64;
    private const int Fields = 7;

    private readonly SafeFileHandle _file;
    private long _sequence;

    private LogPosition(SafeFileHandle file, long sequence) => (_file, _sequence) = (file, sequence);

    /// <summary>Opens the side file; <paramref name="last"/> is its newest whole record, or null.</summary>
    public static LogPosition Open(string path, out Record? last)
    {
        SafeFileHandle file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] slots = new byte[2 * SlotSize];
        int read = RandomAccess.Read(file, slots, 0);
        Record? first = read >= SlotSize ? Decode(slots.AsSpan(0, SlotSize)) : null;
        Record? second = read >= 2 * SlotSize ? Decode(slots.AsSpan(SlotSize)) : null;
        last = second is null || first?.Sequence > second.Sequence ? first : second;
        return new(file, last?.Sequence ?? 0);
    }

    public void Write(long lengthBefore, long lengthAfter, StreamOffsets before, StreamOffsets after)
    {
        Record record = new(++_sequence, lengthBefore, lengthAfter, before, after);
        RandomAccess.Write(_file, Encode(record), (_sequence & 1) * SlotSize);
    }

    public void Dispose() => _file.Dispose();

    private static byte[] Encode(Record record)
    {
        byte[] slot = new byte[SlotSize];
        ReadOnlySpan<long> fields =
        [
            record.Sequence, record.LengthBefore, record.LengthAfter,
            record.Before.Stdout, record.Before.Stderr, record.After.Stdout, record.After.Stderr,
        ];
        for (int i = 0; i < Fields; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(slot.AsSpan(i * 8), fields[i]);
        }

        Checksum(slot).CopyTo(slot.AsSpan(Fields * 8));
        return slot;
    }

    private static Record? Decode(ReadOnlySpan<byte> slot)
    {
        if (!Checksum(slot).SequenceEqual(slot[(Fields * 8)..]))
        {
            return null;
        }

        Span<long> fields = stackalloc long[Fields];
        for (int i = 0; i < Fields; i++)
        {
            fields[i] = BinaryPrimitives.ReadInt64LittleEndian(slot[(i * 8)..]);
        }

        return new(fields[0], fields[1], fields[2], new(fields[3], fields[4]), new(fields[5], fields[6]));
    }

    private static ReadOnlySpan<byte> Checksum(ReadOnlySpan<byte> slot) => SHA256.HashData(slot[..(Fields * 8)]).AsSpan(0, 8);

    internal sealed record Record(
        long Sequence, long LengthBefore, long LengthAfter, StreamOffsets Before, StreamOffsets After);
}
