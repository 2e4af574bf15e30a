using System.Globalization;
using System.Text;

namespace MicroVm.Cli.Archives;

/// <summary>Writes a tar: ustar, with pax headers (POSIX.1-2001) for what it can't say.</summary>
internal sealed class ArchiveWriter(Action<ReadOnlyMemory<byte>> write)
{
    internal const int Block = 512;
    private const int BufferSize = 256 << 10;
    private readonly byte[] _buffer = new byte[BufferSize];
    private int _used;

    /// <summary>Bytes so far.</summary>
    internal long Length { get; private set; }

    /// <summary>Its content follows, exactly so many bytes.</summary>
    internal void Add(ArchiveEntry entry)
    {
        byte[] records = Records(entry);
        if (records.Length > 0)
        {
            AddHeader(new() { Kind = (ArchiveKind)'x', Name = "PaxHeaders.0"u8.ToArray(), Mode = 0x1A4, Size = records.Length });
            Write(records);
            Pad(records.Length);
        }

        AddHeader(entry);
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, BufferSize - _used);
            bytes[..count].CopyTo(_buffer.AsSpan(_used));
            _used += count;
            bytes = bytes[count..];
            if (_used == BufferSize)
            {
                Flush();
            }
        }
    }

    /// <summary>Zeros up to the next block behind a content.</summary>
    internal void Pad(long size) => Write(new byte[(int)(-size & (Block - 1))]);

    internal void Finish()
    {
        Write(new byte[2 * Block]);
        Flush();
    }

    private void Flush()
    {
        write(_buffer.AsMemory(0, _used));
        _used = 0;
    }

    private void AddHeader(ArchiveEntry entry)
    {
        Span<byte> header = stackalloc byte[Block];
        header.Clear();
        PutText(header[..100], entry.Name);
        PutNumber(header.Slice(100, 8), entry.Mode);
        PutNumber(header.Slice(108, 8), entry.UserId);
        PutNumber(header.Slice(116, 8), entry.GroupId);
        PutNumber(header.Slice(124, 12), entry.Size);
        PutNumber(header.Slice(136, 12), Math.Max(0, entry.ModifiedSeconds));
        header[156] = (byte)entry.Kind;
        PutText(header.Slice(157, 100), entry.Target);
        "ustar\000"u8.CopyTo(header[257..]);
        PutNumber(header.Slice(329, 8), entry.DeviceMajor);
        PutNumber(header.Slice(337, 8), entry.DeviceMinor);
        header.Slice(148, 8).Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
        {
            sum += b;
        }

        PutNumber(header.Slice(148, 7), sum);
        Write(header);
    }

    /// <summary>Octal digits and a NUL; 0 for what does not fit and is in a pax record.</summary>
    private static void PutNumber(Span<byte> field, long value)
    {
        int digits = field.Length - 1;
        value = value >> (3 * digits) != 0 ? 0 : value;
        for (int i = digits - 1; i >= 0; i--, value >>= 3)
        {
            field[i] = (byte)('0' + (value & 7));
        }

        field[digits] = 0;
    }

    private static void PutText(Span<byte> field, ReadOnlySpan<byte> text) => text[..Math.Min(text.Length, field.Length)].CopyTo(field);

    private static byte[] Records(ArchiveEntry entry)
    {
        var records = new MemoryStream();
        AddIf(records, entry.Name.Length > 100, "path", entry.Name);
        AddIf(records, entry.Target.Length > 100, "linkpath", entry.Target);
        AddIf(records, entry.UserId >> 21 != 0, "uid", Number(entry.UserId));
        AddIf(records, entry.GroupId >> 21 != 0, "gid", Number(entry.GroupId));
        AddIf(records, entry.Size >> 33 != 0, "size", Number(entry.Size));
        bool plain = entry.ModifiedNanoseconds == 0 && entry.ModifiedSeconds >= 0 && entry.ModifiedSeconds >> 33 == 0;
        AddIf(records, !plain, "mtime", Time(entry.ModifiedSeconds, entry.ModifiedNanoseconds));
        foreach ((byte[] name, byte[] value) in entry.Attributes)
        {
            AddIf(records, true, "SCHILY.xattr." + Encoding.UTF8.GetString(name), value);
        }

        return records.ToArray();
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Before 1970 the fraction counts backwards, too.</summary>
    private static byte[] Time(long seconds, int nanoseconds)
    {
        string sign = seconds < 0 ? "-" : "";
        if (seconds < 0)
        {
            seconds = -seconds - (nanoseconds > 0 ? 1 : 0);
            nanoseconds = nanoseconds > 0 ? 1_000_000_000 - nanoseconds : 0;
        }

        string fraction = nanoseconds == 0 ? "" : "." + nanoseconds.ToString("D9", CultureInfo.InvariantCulture);
        return Encoding.ASCII.GetBytes(sign + seconds.ToString(CultureInfo.InvariantCulture) + fraction);
    }

    /// <summary>"LENGTH KEY=VALUE\n"; the length counts its own digits.</summary>
    private static void AddIf(MemoryStream records, bool condition, string key, ReadOnlySpan<byte> value)
    {
        if (!condition)
        {
            return;
        }

        byte[] name = Encoding.UTF8.GetBytes(key);
        int rest = name.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = rest + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        records.Write(Number(length));
        records.WriteByte((byte)' ');
        records.Write(name);
        records.WriteByte((byte)'=');
        records.Write(value);
        records.WriteByte((byte)'\n');
    }
}
