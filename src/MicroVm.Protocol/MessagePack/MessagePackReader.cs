using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Protocol.MessagePack;

/// <summary>
/// Reads MessagePack (github.com/msgpack/msgpack, spec.md) from a span. Whatever is not what was asked for, longer than
/// allowed, or cut off is a <see cref="ProtocolException"/>.
/// </summary>
public ref struct MessagePackReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _position;

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _bytes.Length - _position;

    public bool ReadBoolean() => Next() switch
    {
        Format.False => false,
        Format.True => true,
        byte format => throw Unexpected("a boolean", format),
    };

    public uint ReadUInt32()
    {
        ulong value = ReadUInt64();
        return value <= uint.MaxValue ? (uint)value : throw new ProtocolException($"{value} does not fit 32 bits");
    }

    public ulong ReadUInt64() => ReadUnsigned(Next());

    /// <summary>Signed integers take the unsigned formats where they are not negative.</summary>
    public int ReadInt32()
    {
        byte format = Next();
        switch (format)
        {
            case >= Format.MinNegativeFixInt:
                return (sbyte)format;
            case Format.Int8:
                return (sbyte)Next();
            case Format.Int16:
                return BinaryPrimitives.ReadInt16BigEndian(Take(2));
            case Format.Int32:
                return BinaryPrimitives.ReadInt32BigEndian(Take(4));
            default:
                ulong value = ReadUnsigned(format);
                return value <= int.MaxValue ? (int)value : throw new ProtocolException($"{value} does not fit 31 bits");
        }
    }

    /// <summary>
    /// UTF-8; bytes that are none become U+FFFD, for Linux knows no encoding. No NUL: the text is a C string to the guest.
    /// </summary>
    public string ReadString(int limit)
    {
        byte format = Next();
        int length = format switch
        {
            >= Format.FixStr and <= Format.MaxFixStr => format & 0x1f,
            Format.Str8 => Next(),
            Format.Str16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            Format.Str32 => Length(BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected("a string", format),
        };
        ReadOnlySpan<byte> text = Take(Bounded(length, limit));
        return text.Contains((byte)0) ? throw new ProtocolException("a NUL byte in a string") : Encoding.UTF8.GetString(text);
    }

    public ReadOnlySpan<byte> ReadBinary(int limit)
    {
        byte format = Next();
        int length = format switch
        {
            Format.Bin8 => Next(),
            Format.Bin16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            Format.Bin32 => Length(BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected("binary data", format),
        };
        return Take(Bounded(length, limit));
    }

    /// <summary>The count of elements that follow. Each takes at least a byte, so that a count over what is left is refused.</summary>
    public int ReadArrayHeader(int limit)
    {
        byte format = Next();
        int count = format switch
        {
            >= Format.FixArray and <= Format.MaxFixArray => format & 0x0f,
            Format.Array16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
            Format.Array32 => Length(BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
            _ => throw Unexpected("an array", format),
        };
        return Bounded(count, Math.Min(limit, Remaining));
    }

    /// <summary>An array that holds a record: at least the fields known; those of a later version are left to skip.</summary>
    public int ReadRecordHeader(int known)
    {
        int count = ReadArrayHeader(int.MaxValue);
        return count >= known ? count - known : throw new ProtocolException($"a record of {count} fields, not {known}");
    }

    /// <summary>Skips values of any kind, nested no deeper than <paramref name="depth"/>.</summary>
    public void SkipValues(int count, int depth)
    {
        for (int i = 0; i < count; i++)
        {
            SkipValue(depth);
        }
    }

    public readonly void ExpectEnd()
    {
        if (Remaining != 0)
        {
            throw new ProtocolException($"{Remaining} bytes behind the message");
        }
    }

    private void SkipValue(int depth)
    {
        if (depth == 0)
        {
            throw new ProtocolException("nested too deep");
        }

        byte format = Next();
        switch (format)
        {
            case <= Format.MaxPositiveFixInt or >= Format.MinNegativeFixInt or Format.Nil or Format.False or Format.True:
                break;
            case >= Format.FixMap and <= Format.MaxFixMap:
                SkipValues(2 * (format & 0x0f), depth - 1);
                break;
            case >= Format.FixArray and <= Format.MaxFixArray:
                SkipValues(format & 0x0f, depth - 1);
                break;
            case >= Format.FixStr and <= Format.MaxFixStr:
                Take(format & 0x1f);
                break;
            default:
                SkipSized(format, depth);
                break;
        }
    }

    private void SkipSized(byte format, int depth)
    {
        switch (format)
        {
            case Format.Array16 or Format.Array32:
                SkipValues(Bounded(SizeOf(format - Format.Array16 + 1), Remaining), depth - 1);
                break;
            case Format.Map16 or Format.Map32:
                SkipValues(2 * Bounded(SizeOf(format - Format.Map16 + 1), Remaining / 2), depth - 1);
                break;
            case >= Format.Bin8 and <= Format.Bin32:
                Take(SizeOf(format - Format.Bin8));
                break;
            case >= Format.Str8 and <= Format.Str32:
                Take(SizeOf(format - Format.Str8));
                break;
            case >= Format.Ext8 and <= Format.Ext32:
                Take(Length((uint)SizeOf(format - Format.Ext8) + 1));
                break;
            case Format.Float32 or Format.Float64:
                Take(4 << (format - Format.Float32));
                break;
            case >= Format.UInt8 and <= Format.UInt64:
                Take(1 << (format - Format.UInt8));
                break;
            case >= Format.Int8 and <= Format.Int64:
                Take(1 << (format - Format.Int8));
                break;
            case >= Format.FixExt1 and <= Format.FixExt16:
                Take((1 << (format - Format.FixExt1)) + 1);
                break;
            default:
                throw Unexpected("a value", format);
        }
    }

    /// <summary>A length of 1, 2 or 4 bytes.</summary>
    private int SizeOf(int power) => power switch
    {
        0 => Next(),
        1 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        _ => Length(BinaryPrimitives.ReadUInt32BigEndian(Take(4))),
    };

    private ulong ReadUnsigned(byte format) => format switch
    {
        <= Format.MaxPositiveFixInt => format,
        Format.UInt8 => Next(),
        Format.UInt16 => BinaryPrimitives.ReadUInt16BigEndian(Take(2)),
        Format.UInt32 => BinaryPrimitives.ReadUInt32BigEndian(Take(4)),
        Format.UInt64 => BinaryPrimitives.ReadUInt64BigEndian(Take(8)),
        _ => throw Unexpected("an integer", format),
    };

    private byte Next() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > Remaining)
        {
            throw new ProtocolException($"{count} bytes wanted, {Remaining} left");
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(_position, count);
        _position += count;
        return taken;
    }

    private static int Length(uint length) =>
        length <= int.MaxValue ? (int)length : throw new ProtocolException($"a length of {length}");

    private static int Bounded(int count, int limit) =>
        count <= limit ? count : throw new ProtocolException($"a length of {count}, over {limit}");

    private static ProtocolException Unexpected(string wanted, byte format) => new($"0x{format:x2} instead of {wanted}");
}
