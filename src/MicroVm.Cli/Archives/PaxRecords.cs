using System.Globalization;
using System.Text;

namespace MicroVm.Cli.Archives;

/// <summary>What a pax header (POSIX.1-2001, pax, "Extended Header") says of the entry behind it.</summary>
internal sealed class PaxRecords
{
    private const string AttributePrefix = "SCHILY.xattr.";

    internal byte[]? Path { get; private set; }

    internal byte[]? LinkPath { get; private set; }

    internal long? Size { get; private set; }

    internal long? UserId { get; private set; }

    internal long? GroupId { get; private set; }

    internal (long Seconds, int Nanoseconds)? Modified { get; private set; }

    internal List<(byte[] Name, byte[] Value)> Attributes { get; } = [];

    /// <summary>"LENGTH KEY=VALUE\n", again and again.</summary>
    internal static PaxRecords Parse(ReadOnlySpan<byte> content)
    {
        var records = new PaxRecords();
        while (!content.IsEmpty && content[0] != 0)
        {
            int space = content.IndexOf((byte)' ');
            if (space is <= 0 or > 9 || !int.TryParse(Text(content[..space]), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length <= space + 1 || length > content.Length || content[length - 1] != '\n')
            {
                throw ArchiveReader.Malformed("an extended header");
            }

            records.Take(content[(space + 1)..(length - 1)]);
            content = content[length..];
        }

        return records;
    }

    private void Take(ReadOnlySpan<byte> record)
    {
        int equals = record.IndexOf((byte)'=');
        if (equals <= 0)
        {
            throw ArchiveReader.Malformed("an extended header");
        }

        string key = Text(record[..equals]);
        ReadOnlySpan<byte> value = record[(equals + 1)..];
        switch (key)
        {
            case "path":
                Path = Name(value);
                break;
            case "linkpath":
                LinkPath = Name(value);
                break;
            case "size":
                Size = Number(value);
                break;
            case "uid":
                UserId = Number(value);
                break;
            case "gid":
                GroupId = Number(value);
                break;
            case "mtime":
                Modified = Time(Text(value));
                break;
            default:
                TakeOther(key, value);
                break;
        }
    }

    private void TakeOther(string key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith("GNU.sparse.", StringComparison.Ordinal))
        {
            throw ArchiveReader.Malformed("sparse files are not supported");
        }

        if (key.StartsWith(AttributePrefix, StringComparison.Ordinal) && key.Length > AttributePrefix.Length)
        {
            Attributes.Add((Encoding.UTF8.GetBytes(key[AttributePrefix.Length..]), value.ToArray()));
        }
    }

    private static byte[] Name(ReadOnlySpan<byte> value) =>
        value.Contains((byte)0) ? throw ArchiveReader.Malformed("a NUL in a name") : value.ToArray();

    private static long Number(ReadOnlySpan<byte> value) =>
        long.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw ArchiveReader.Malformed("a number in an extended header");

    private static (long Seconds, int Nanoseconds) Time(string text)
    {
        if (!decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal time)
            || Math.Abs(time) > 1e15m)
        {
            throw ArchiveReader.Malformed("a time in an extended header");
        }

        long seconds = (long)Math.Floor(time);
        return (seconds, (int)((time - seconds) * 1_000_000_000m));
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
