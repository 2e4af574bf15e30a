using System.Buffers.Binary;
using System.Globalization;

namespace MicroVm.Images.Tar;

/// <summary>The ways archives write numbers.</summary>
internal static class TarNumber
{
    /// <summary>
    /// A header field: octal digits with blanks around them, or, with the top bit set, big-endian two's complement
    /// (GNU tar, "base-256"). An empty field is 0. Null: malformed or beyond 64 bits.
    /// </summary>
    public static long? ParseField(ReadOnlySpan<byte> field) =>
        (field[0] & 0x80) != 0 ? ParseBase256(field) : ParseOctal(field);

    /// <summary>A PAX or sparse-map number: decimal, perhaps signed.</summary>
    public static long? ParseDecimal(ReadOnlySpan<byte> text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : null;

    /// <summary>Bytes up to the first NUL.</summary>
    public static ReadOnlySpan<byte> CString(ReadOnlySpan<byte> field)
    {
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static long? ParseOctal(ReadOnlySpan<byte> field)
    {
        long value = 0;
        foreach (byte b in CString(field.Trim(" \0"u8)))
        {
            if (b is < (byte)'0' or > (byte)'7' || value > long.MaxValue >> 3)
            {
                return null;
            }

            value = (value << 3) | (uint)(b - '0');
        }

        return value;
    }

    private static long? ParseBase256(ReadOnlySpan<byte> field)
    {
        // Bit 7 of the first byte is the marker, bit 6 the sign: extend the sign over the marker.
        bool negative = (field[0] & 0x40) != 0;
        byte sign = negative ? (byte)0xff : (byte)0;
        Span<byte> wide = stackalloc byte[Math.Max(field.Length, sizeof(long))];
        wide.Fill(sign);
        field.CopyTo(wide[^field.Length..]);
        wide[^field.Length] = (byte)(negative ? field[0] | 0x80 : field[0] & 0x7f);

        ReadOnlySpan<byte> excess = wide[..^sizeof(long)];
        long value = BinaryPrimitives.ReadInt64BigEndian(wide[^sizeof(long)..]);
        return excess.ContainsAnyExcept(sign) || value < 0 != negative ? null : value;
    }
}
