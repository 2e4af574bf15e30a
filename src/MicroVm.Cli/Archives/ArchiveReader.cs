using System.Text;

namespace MicroVm.Cli.Archives;

/// <summary>
/// Reads a tar entry by entry: version 7, ustar, GNU's long names and large numbers, pax. Who has made it is not trusted:
/// everything malformed is a <see cref="CliException"/>, and nothing takes more memory than <see cref="MaximumExtension"/>.
/// </summary>
/// <param name="read">Reads some bytes; 0 at the end.</param>
internal sealed class ArchiveReader(Func<Memory<byte>, int> read)
{
    private const int MaximumExtension = 1 << 20;
    private readonly byte[] _header = new byte[ArchiveWriter.Block];
    private readonly byte[] _skipped = new byte[32 << 10];
    private long _left;
    private int _padding;
    private bool _ended;

    /// <summary>Bytes so far.</summary>
    internal long Length { get; private set; }

    /// <summary>The next entry, passing over what is left of the one before; null at the end.</summary>
    internal ArchiveEntry? Next()
    {
        PaxRecords records = new();
        byte[]? longName = null;
        byte[]? longTarget = null;
        while (ReadHeader())
        {
            switch (_header[156])
            {
                case (byte)'x' or (byte)'X':
                    SetContent(Number(124, 12));
                    records = PaxRecords.Parse(ReadExtension());
                    break;
                case (byte)'g':
                    SetContent(Number(124, 12));
                    _ = ReadExtension();
                    break;
                case (byte)'L':
                    SetContent(Number(124, 12));
                    longName = UpToNul(ReadExtension());
                    break;
                case (byte)'K':
                    SetContent(Number(124, 12));
                    longTarget = UpToNul(ReadExtension());
                    break;
                default:
                    return Entry(records, longName, longTarget);
            }
        }

        return null;
    }

    /// <summary>More of the entry's content; 0 at its end.</summary>
    internal int Read(Memory<byte> buffer)
    {
        if (_left == 0)
        {
            return 0;
        }

        int count = ReadSome(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count > 0 ? count : throw Malformed("it ends in the middle of a file");
    }

    /// <summary>Reads what follows, so that its sender meets no closed pipe.</summary>
    internal void Drain()
    {
        while (ReadSome(_skipped) > 0)
        {
        }
    }

    internal static CliException Malformed(string what) => new($"the archive is malformed: {what}");

    private ArchiveEntry Entry(PaxRecords records, byte[]? longName, byte[]? longTarget)
    {
        ArchiveKind kind = KindOf(_header[156]);
        bool hasContent = kind == ArchiveKind.File;
        SetContent(hasContent ? records.Size ?? Number(124, 12) : 0);
        byte[] name = records.Path ?? longName ?? HeaderName();
        (long seconds, int nanoseconds) = records.Modified ?? (Number(136, 12), 0);
        return new()
        {
            Kind = kind == ArchiveKind.File && name is [.., (byte)'/'] ? ArchiveKind.Directory : kind,
            Name = name,
            Target = records.LinkPath ?? longTarget ?? UpToNul(_header.AsSpan(157, 100)),
            Mode = (uint)Number(100, 8) & 0xFFF,
            UserId = records.UserId ?? Number(108, 8),
            GroupId = records.GroupId ?? Number(116, 8),
            Size = _left,
            ModifiedSeconds = seconds,
            ModifiedNanoseconds = nanoseconds,
            DeviceMajor = (uint)Number(329, 8),
            DeviceMinor = (uint)Number(337, 8),
            Attributes = records.Attributes,
        };
    }

    private static ArchiveKind KindOf(byte type) => type switch
    {
        0 or (byte)'0' or (byte)'7' => ArchiveKind.File,
        >= (byte)'1' and <= (byte)'6' => (ArchiveKind)type,
        _ => throw Malformed($"an entry of type {type}"),
    };

    private bool ReadHeader()
    {
        if (_ended)
        {
            return false;
        }

        Skip(_left + _padding);
        (_left, _padding) = (0, 0);
        int count = ReadFully(_header);
        _ended = count == 0 || !_header.AsSpan(0, count).ContainsAnyExcept((byte)0);
        if (_ended || count < _header.Length)
        {
            return _ended ? false : throw Malformed("it ends in the middle of a header");
        }

        return Checksum() == Number(148, 8) ? true : throw Malformed("wrong checksum");
    }

    private long Checksum()
    {
        long sum = 0;
        for (int i = 0; i < _header.Length; i++)
        {
            sum += i is >= 148 and < 156 ? (byte)' ' : _header[i];
        }

        return sum;
    }

    private void SetContent(long size)
    {
        _left = size is >= 0 and < long.MaxValue / 2 ? size : throw Malformed("a file of impossible size");
        _padding = (int)(-size & (ArchiveWriter.Block - 1));
    }

    private byte[] ReadExtension()
    {
        byte[] content = new byte[_left <= MaximumExtension ? (int)_left : throw Malformed("an extended header is too long")];
        if (ReadFully(content) < content.Length)
        {
            throw Malformed("it ends in the middle of a header");
        }

        _left = 0;
        return content;
    }

    private byte[] HeaderName()
    {
        byte[] name = UpToNul(_header.AsSpan(0, 100));
        byte[] prefix = _header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? UpToNul(_header.AsSpan(345, 155)) : [];
        return prefix.Length > 0 ? [.. prefix, (byte)'/', .. name] : name;
    }

    private static byte[] UpToNul(ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf((byte)0);
        return (end < 0 ? text : text[..end]).ToArray();
    }

    /// <summary>Octal, or GNU's base 256.</summary>
    private long Number(int offset, int size)
    {
        ReadOnlySpan<byte> field = _header.AsSpan(offset, size);
        if ((field[0] & 0x80) != 0)
        {
            return BinaryNumber(field) ?? throw Malformed("a number is out of range");
        }

        long value = 0;
        foreach (byte digit in Encoding.ASCII.GetString(UpToNul(field)).Trim(' '))
        {
            value = digit is >= (byte)'0' and <= (byte)'7' ? (value << 3) | (uint)(digit - '0') : throw Malformed("a number that is none");
        }

        return value;
    }

    /// <summary>Two's complement behind a first bit that is always set; null for what a long can't hold.</summary>
    private static long? BinaryNumber(ReadOnlySpan<byte> field)
    {
        bool negative = (field[0] & 0x40) != 0;
        Int128 value = negative ? -1 : 0;
        value = (value << 7) | (uint)(field[0] & 0x7F);
        foreach (byte digit in field[1..])
        {
            value = (value << 8) | digit;
        }

        return value >= long.MinValue && value <= long.MaxValue ? (long)value : null;
    }

    private void Skip(long count)
    {
        while (count > 0)
        {
            int part = ReadSome(_skipped.AsMemory(0, (int)Math.Min(count, _skipped.Length)));
            if (part == 0)
            {
                // The last entry's padding may be missing.
                _ = count <= _padding ? 0 : throw Malformed("it ends in the middle of a file");
                return;
            }

            count -= part;
        }
    }

    private int ReadFully(Memory<byte> buffer)
    {
        int done = 0;
        for (int count; done < buffer.Length && (count = ReadSome(buffer[done..])) > 0; done += count)
        {
        }

        return done;
    }

    private int ReadSome(Memory<byte> buffer)
    {
        int count = read(buffer);
        Length += count;
        return count;
    }
}
