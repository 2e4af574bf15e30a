namespace MicroVm.Images.Tar;

/// <summary>
/// GNU.sparse.* records (GNU tar manual, "Storing Sparse Files"). 0.0: repeated offset and numbytes; 0.1: one map record;
/// 1.0: the map stands before the content.
/// </summary>
internal sealed class PaxSparse
{
    private readonly List<long> _pairs = [];
    private long? _major;
    private long? _minor;
    private long? _blocks;
    private bool _hasMap;
    private long? _size;
    private long? _realSize;

    /// <summary>The true name: the path record is a made-up one for readers that know no sparse files.</summary>
    public byte[]? Name { get; private set; }

    /// <summary>The file's true size.</summary>
    public long? Size => _size ?? _realSize;

    public bool MapIsInContent => _major == 1 && _minor == 0;

    public bool HasMap => !MapIsInContent && _hasMap && (_major, _minor) is (null, null) or (0, 0) or (0, 1);

    public void Set(string key, ReadOnlySpan<byte> value)
    {
        switch (key)
        {
            case "major":
                _major = Number(value);
                break;
            case "minor":
                _minor = Number(value);
                break;
            case "name":
                Name = value.IsEmpty ? null : CheckedName(value);
                break;
            case "size":
                _size = Number(value);
                break;
            case "realsize":
                _realSize = Number(value);
                break;
            case "numblocks":
                _blocks = Number(value);
                break;
            case "map":
                SetMap(value);
                break;
            case "offset":
                AddPairHalf(value, first: true);
                break;
            case "numbytes":
                AddPairHalf(value, first: false);
                break;
            default:
                break;
        }
    }

    /// <summary>Offsets and lengths must come in turn.</summary>
    public void CheckPairs()
    {
        if (_pairs.Count % 2 != 0)
        {
            throw Malformed();
        }
    }

    /// <summary>The map of 0.0 and 0.1.</summary>
    public SparseSegment[] Segments()
    {
        if (_blocks != _pairs.Count / 2)
        {
            throw Malformed();
        }

        var segments = new SparseSegment[_pairs.Count / 2];
        for (int i = 0; i < segments.Length; i++)
        {
            segments[i] = new(_pairs[2 * i], _pairs[(2 * i) + 1]);
        }

        return segments;
    }

    private void SetMap(ReadOnlySpan<byte> value)
    {
        _hasMap = true;
        _pairs.Clear();
        if (value.IsEmpty)
        {
            return;
        }

        foreach (Range part in value.Split((byte)','))
        {
            _pairs.Add(Number(value[part]));
        }

        CheckPairs();
    }

    private void AddPairHalf(ReadOnlySpan<byte> value, bool first)
    {
        if (_pairs.Count % 2 == 0 != first)
        {
            throw Malformed();
        }

        _hasMap = true;
        _pairs.Add(Number(value));
    }

    private static byte[] CheckedName(ReadOnlySpan<byte> value) =>
        value.Contains((byte)0) ? throw Malformed() : value.ToArray();

    private static long Number(ReadOnlySpan<byte> value) => TarNumber.ParseDecimal(value) ?? throw Malformed();

    private static ImageException Malformed() => TarError.Invalid("malformed sparse file records");
}
