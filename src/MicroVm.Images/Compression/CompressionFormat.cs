namespace MicroVm.Images.Compression;

/// <summary>What a stream is compressed with, told by its first bytes, never by its media type or name.</summary>
internal enum CompressionFormat
{
    None,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
}

internal static class CompressionMagic
{
    /// <summary>Bytes needed to tell.</summary>
    public const int Length = 6;

    public static CompressionFormat Of(ReadOnlySpan<byte> head)
    {
        // A zstd stream may begin with a skippable frame (0x184D2A50 to 0x184D2A5F, RFC 8878).
        bool isSkippableFrame = head.Length >= 4 && (head[0] & 0xF0) == 0x50 && head[1..4].SequenceEqual("\x2A\x4D\x18"u8);
        return head switch
        {
            [0x1F, 0x8B, 0x08, ..] => CompressionFormat.Gzip,
            [0x28, 0xB5, 0x2F, 0xFD, ..] => CompressionFormat.Zstd,
            [0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, ..] => CompressionFormat.Xz,
            [(byte)'B', (byte)'Z', (byte)'h', >= (byte)'1' and <= (byte)'9', ..] => CompressionFormat.Bzip2,
            _ => isSkippableFrame ? CompressionFormat.Zstd : CompressionFormat.None,
        };
    }
}
