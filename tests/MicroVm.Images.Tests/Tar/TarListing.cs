using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Tests.Tar;

/// <summary>What the reader makes of an archive: a line for each entry.</summary>
internal static class TarListing
{
    // Contents are hashed as the file would be, holes filled, unless that is too much to hash.
    private const long MaxHashed = 1 << 20;

    /// <summary>TYPE NAME MODE UID/GID SIZE TIME [-> LINK] [dev M:N] [NAME=VALUE…] [segments N] [md5]</summary>
    public static async Task<string> ReadAsync(byte[] archive)
    {
        await using var input = new TarInput(new MemoryStream(archive), long.MaxValue);
        var reader = new TarReader(input);
        var text = new StringBuilder();
        while (await reader.ReadNextAsync(CancellationToken.None) is { } entry)
        {
            text.Append(Describe(entry));
            if (!entry.IsHeaderOnly && entry.Size is > 0 and <= MaxHashed)
            {
                byte[] content = await ContentAsync(reader, entry);
                text.Append(' ').Append(Convert.ToHexStringLower(Md5(content)));
            }

            text.Append('\n');
        }

        _ = await input.FinishAsync(CancellationToken.None);
        return text.ToString();
    }

    private static string Describe(TarEntry entry)
    {
        var text = new StringBuilder();
        text.Append(entry.Type == 0 ? '0' : (char)entry.Type).Append(' ').Append(Shown(entry.Name));
        text.Append(CultureInfo.InvariantCulture, $" {Convert.ToString(entry.Mode, 8)} {entry.Uid}/{entry.Gid} {entry.Size} ");
        text.Append(CultureInfo.InvariantCulture, $"{entry.ModificationTime.Seconds}");
        if (entry.ModificationTime.Nanoseconds != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $".{entry.ModificationTime.Nanoseconds:d9}");
        }

        if (entry.LinkName.Length > 0)
        {
            text.Append(" -> ").Append(Shown(entry.LinkName));
        }

        if (entry.DeviceMajor != 0 || entry.DeviceMinor != 0)
        {
            text.Append(CultureInfo.InvariantCulture, $" dev {entry.DeviceMajor}:{entry.DeviceMinor}");
        }

        foreach (TarXattr xattr in entry.Xattrs)
        {
            text.Append(' ').Append(Shown(xattr.Name)).Append('=').Append(Shown(xattr.Value));
        }

        return entry.Segments is null ? text.ToString() : text.Append(" segments ").Append(entry.Segments.Count).ToString();
    }

    private static async Task<byte[]> ContentAsync(TarReader reader, TarEntry entry)
    {
        byte[] content = new byte[entry.Size];
        foreach (SparseSegment segment in entry.Segments ?? [new(0, entry.Size)])
        {
            for (long at = segment.Offset; at < segment.End;)
            {
                ReadOnlyMemory<byte> part = await reader.ReadContentAsync(segment.End - at, CancellationToken.None);
                part.CopyTo(content.AsMemory((int)at));
                at += part.Length;
            }
        }

        return content;
    }

    /// <summary>Bytes above ASCII and controls as \xNN, long names by their ends.</summary>
    private static string Shown(byte[] bytes)
    {
        string text = string.Concat(bytes.Select(b => b is > 0x20 and < 0x7f ? ((char)b).ToString() : $"\\x{b:x2}"));
        return text.Length <= 60 ? text : $"{text[..20]}…{text[^20..]}({bytes.Length})";
    }

#pragma warning disable CA5351 // Go's tests give MD5 sums.
    private static byte[] Md5(byte[] content) => MD5.HashData(content);
#pragma warning restore CA5351
}
