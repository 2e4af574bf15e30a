using System.Globalization;
using System.Security.Cryptography;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>
/// All that a file is to a program, as text: the same whether read from a root disk by these tests' own reader, or from
/// a mounted file system by tests/guest/walk.c.
/// </summary>
/// <param name="Path">From the root, "/" first; bytes that aren't printable as \xNN.</param>
/// <param name="Type">One of f d l c b p.</param>
/// <param name="Mode">Octal permission bits.</param>
/// <param name="Time">SECONDS.NANOSECONDS of the modification.</param>
/// <param name="Size">Bytes; 0 for directories, whose size is their file system's affair.</param>
/// <param name="Content">SHA-256 of a file (<see cref="Hash"/>), target of a link, MAJOR:MINOR of a device.</param>
/// <param name="Xattrs">NAME=HEX, sorted, separated by commas.</param>
/// <param name="SameAs">The first path of the file when it has several.</param>
internal sealed record FileFacts(
    string Path, string Type, string Mode, string Uid, string Gid, string Links, string Time, string Size, string Content,
    string Xattrs, string SameAs)
{
    /// <summary>Larger files are hashed by this much of each end.</summary>
    public const int WholeHash = 16 << 20;
    public const int EndHash = 1 << 20;

    /// <summary>Parses walk.c's lines: the fields above, tab-separated, with the inode's number last.</summary>
    public static IReadOnlyList<FileFacts> Parse(string text) => Group(
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(
            f => (new FileFacts(f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7], f[8], f[9], ""), f[10])));

    /// <summary>Sorts, and gives the names of one inode their first.</summary>
    public static IReadOnlyList<FileFacts> Group(IEnumerable<(FileFacts Facts, string Inode)> files)
    {
        var sorted = files.OrderBy(file => file.Facts.Path, StringComparer.Ordinal).ToList();
        var first = new Dictionary<string, string>();
        foreach ((FileFacts facts, string inode) in sorted)
        {
            _ = first.TryAdd(inode, facts.Path);
        }

        return [.. sorted.Select(file => file.Facts with { SameAs = first[file.Inode] })];
    }

    public static string Shown(ReadOnlySpan<byte> bytes)
    {
        var text = new System.Text.StringBuilder();
        foreach (byte b in bytes)
        {
            _ = b is > 0x20 and < 0x7f and not (byte)'\\' and not (byte)',' and not (byte)'='
                ? text.Append((char)b)
                : text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}");
        }

        return text.ToString();
    }

    public static string Hash(long size, Func<long, int, byte[]> read)
    {
        byte[] hashed = size <= WholeHash
            ? SHA256.HashData(read(0, (int)size))
            : SHA256.HashData([.. read(0, EndHash), .. read(size - EndHash, EndHash)]);
        return Convert.ToHexStringLower(hashed);
    }
}
