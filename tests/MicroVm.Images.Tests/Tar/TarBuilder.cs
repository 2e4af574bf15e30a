using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MicroVm.Images.Tests.Tar;

/// <summary>Writes archives entry by entry, byte for byte as asked: malformed ones too.</summary>
internal sealed class TarBuilder
{
    private readonly ArrayBufferWriter<byte> _archive = new();

    /// <summary>Time of entries that say none.</summary>
    public long DefaultTime { get; init; } = 1_700_000_000;

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public TarBuilder File(string name, string content, int mode = 0x1a4, long uid = 0, long gid = 0, (string, byte[])[]? xattrs = null) =>
        File(name, Bytes(content), mode, uid, gid, xattrs);

    public TarBuilder File(string name, byte[] content, int mode = 0x1a4, long uid = 0, long gid = 0, (string, byte[])[]? xattrs = null) =>
        LongName(name).Xattrs(xattrs).Entry(Header(Bytes(name), '0', content.Length, mode, uid, gid), content);

    public TarBuilder Directory(string name, int mode = 0x1ed, long uid = 0, long gid = 0, (string, byte[])[]? xattrs = null) =>
        Xattrs(xattrs).Entry(Header(Bytes(name), '5', 0, mode, uid, gid));

    public TarBuilder Symlink(string name, string target) => Entry(Header(Bytes(name), '2', 0, 0x1ff, link: Bytes(target)));

    public TarBuilder HardLink(string name, string target) => Entry(Header(Bytes(name), '1', 0, 0x1a4, link: Bytes(target)));

    public TarBuilder Device(string name, char type, int major, int minor) =>
        Entry(Header(Bytes(name), type, 0, 0x1b6, major: major, minor: minor));

    public TarBuilder Fifo(string name) => Entry(Header(Bytes(name), '6', 0, 0x1a4));

    /// <summary>A PAX header for the next entry.</summary>
    public TarBuilder Pax(params (string Key, byte[] Value)[] records)
    {
        byte[] content = [.. records.SelectMany(r => Record(Bytes(r.Key), r.Value))];
        return Entry(Header(Bytes("PaxHeaders/x"), 'x', content.Length, 0x1a4), content);
    }

    public TarBuilder Pax(params (string Key, string Value)[] records) =>
        Pax([.. records.Select(r => (r.Key, Bytes(r.Value)))]);

    /// <summary>GNU's 'L' or 'K' header for the next entry.</summary>
    public TarBuilder Long(char type, byte[] name) => Entry(Header(Bytes("././@LongLink"), type, name.Length + 1, 0x1a4), [.. name, 0]);

    public TarBuilder Entry(byte[] header, byte[]? content = null)
    {
        _archive.Write(header);
        return Raw(content ?? []).Pad();
    }

    public TarBuilder Raw(byte[] bytes)
    {
        _archive.Write(bytes);
        return this;
    }

    public TarBuilder Pad()
    {
        _archive.Write(new byte[-_archive.WrittenCount & 511]);
        return this;
    }

    /// <summary>With the two zero blocks and as many more bytes.</summary>
    public byte[] ToArray(int trailing = 0) => [.. _archive.WrittenSpan, .. new byte[1024 + trailing]];

    public byte[] ToArrayWithoutEnd() => _archive.WrittenSpan.ToArray();

    public byte[] Header(
        byte[] name, char type, long size, int mode = 0x1a4, long uid = 0, long gid = 0, byte[]? link = null, int major = 0,
        int minor = 0, long? time = null)
    {
        byte[] header = new byte[512];
        name.AsSpan(0, Math.Min(name.Length, 100)).CopyTo(header);
        Octal(header, 100, 8, mode);
        Number(header, 108, 8, uid);
        Number(header, 116, 8, gid);
        Number(header, 124, 12, size);
        Number(header, 136, 12, time ?? DefaultTime);
        header[156] = (byte)type;
        link?.AsSpan(0, Math.Min(link.Length, 100)).CopyTo(header.AsSpan(157));
        "ustar\00000"u8[..6].CopyTo(header.AsSpan(257));
        "00"u8.CopyTo(header.AsSpan(263));
        Octal(header, 329, 8, major);
        Octal(header, 337, 8, minor);
        return Checksummed(header);
    }

    public static byte[] Checksummed(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(b => b);
        Octal(header, 148, 7, sum);
        header[155] = (byte)' ';
        return header;
    }

    public static byte[] Record(byte[] key, byte[] value)
    {
        int body = key.Length + value.Length + 3;
        int length = body + 1;
        while (length != body + length.ToString(CultureInfo.InvariantCulture).Length)
        {
            length = body + length.ToString(CultureInfo.InvariantCulture).Length;
        }

        return [.. Bytes(length.ToString(CultureInfo.InvariantCulture)), (byte)' ', .. key, (byte)'=', .. value, (byte)'\n'];
    }

    private TarBuilder LongName(string name) => name.Length > 100 ? Long('L', Bytes(name)) : this;

    private TarBuilder Xattrs((string Name, byte[] Value)[]? xattrs) =>
        xattrs is null ? this : Pax([.. xattrs.Select(x => ("SCHILY.xattr." + x.Name, x.Value))]);

    /// <summary>Octal where it fits, else base-256.</summary>
    public static void Number(byte[] header, int offset, int length, long value)
    {
        if (value >= 0 && value < 1L << (3 * (length - 1)))
        {
            Octal(header, offset, length, value);
            return;
        }

        header.AsSpan(offset, length).Fill(value < 0 ? (byte)0xff : (byte)0);
        Span<byte> wide = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(wide, value);
        wide[^Math.Min(8, length - 1)..].CopyTo(header.AsSpan(offset + length - Math.Min(8, length - 1)));
        header[offset] |= 0x80;
    }

    private static void Octal(byte[] header, int offset, int length, long value) =>
        Bytes(Convert.ToString(value, 8).PadLeft(length - 1, '0')).CopyTo(header, offset);
}
