namespace MicroVm.Images.Tar;

/// <summary>
/// The records of one PAX extended header (POSIX pax, "pax Extended Header"): "LENGTH KEY=VALUE\n", the length counting
/// itself. Values are bytes. An empty value means that the header block's field stands.
/// </summary>
internal sealed partial class PaxHeader
{
    private const string SparsePrefix = "GNU.sparse.";
    private const string RawXattrPrefix = "SCHILY.xattr.";
    private const string EncodedXattrPrefix = "LIBARCHIVE.xattr.";

    private readonly Dictionary<string, byte[]> _xattrs = [];
    private readonly Dictionary<string, byte[]> _encodedXattrs = [];

    public byte[]? Path { get; private set; }

    public byte[]? LinkPath { get; private set; }

    public long? Size { get; private set; }

    public long? Uid { get; private set; }

    public long? Gid { get; private set; }

    public TarTime? ModificationTime { get; private set; }

    public PaxSparse Sparse { get; } = new();

    /// <summary>Raw (SCHILY) attributes and, where those are missing, encoded (LIBARCHIVE) ones.</summary>
    public IReadOnlyList<TarXattr> Xattrs => _xattrs.Count + _encodedXattrs.Count == 0
        ? []
        : [.. _xattrs.Concat(_encodedXattrs.Where(x => !_xattrs.ContainsKey(x.Key)))
            .Select(x => new TarXattr(Latin1.GetBytes(x.Key), x.Value))];

    public static PaxHeader Parse(ReadOnlySpan<byte> records)
    {
        var header = new PaxHeader();
        while (!records.IsEmpty)
        {
            int length = RecordLength(records, out int keyStart);
            header.Add(records[keyStart..(length - 1)]);
            records = records[length..];
        }

        header.Sparse.CheckPairs();
        return header;
    }

    private static int RecordLength(ReadOnlySpan<byte> records, out int keyStart)
    {
        int space = records.IndexOf((byte)' ');
        keyStart = space + 1;
        if (space < 0 || TarNumber.ParseDecimal(records[..space]) is not long length
            || length < 5 || length > records.Length || length <= keyStart || records[(int)length - 1] != '\n')
        {
            throw TarError.Invalid("malformed PAX record");
        }

        return (int)length;
    }

    private void Add(ReadOnlySpan<byte> record)
    {
        int equals = record.IndexOf((byte)'=');
        if (equals <= 0 || record[..equals].Contains((byte)0))
        {
            throw TarError.Invalid("malformed PAX record");
        }

        Set(Latin1.GetString(record[..equals]), record[(equals + 1)..]);
    }

    private void Set(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "path":
                Path = Name(value);
                break;
            case "linkpath":
                LinkPath = Name(value);
                break;
            case "size":
                Size = Number(value, key);
                break;
            case "uid":
                Uid = Number(value, key);
                break;
            case "gid":
                Gid = Number(value, key);
                break;
            case "mtime":
                ModificationTime = value.IsEmpty ? null : PaxTime.Parse(value);
                break;
            default:
                SetVendorRecord(key, value);
                break;
        }
    }

    private void SetVendorRecord(string key, ReadOnlySpan<byte> value)
    {
        if (key.StartsWith(SparsePrefix, StringComparison.Ordinal))
        {
            Sparse.Set(key[SparsePrefix.Length..], value);
        }
        else if (key.StartsWith(RawXattrPrefix, StringComparison.Ordinal))
        {
            SetRawXattr(key[RawXattrPrefix.Length..], value);
        }
        else if (key.StartsWith(EncodedXattrPrefix, StringComparison.Ordinal))
        {
            SetEncodedXattr(key[EncodedXattrPrefix.Length..], value);
        }
    }

    private static byte[]? Name(ReadOnlySpan<byte> value)
    {
        if (value.Contains((byte)0))
        {
            throw TarError.Invalid("PAX name with a NUL byte");
        }

        return value.IsEmpty ? null : value.ToArray();
    }

    private static long? Number(ReadOnlySpan<byte> value, string what) => value.IsEmpty
        ? null
        : TarNumber.ParseDecimal(value) ?? throw TarError.Invalid($"PAX {what} is not a number");
}
