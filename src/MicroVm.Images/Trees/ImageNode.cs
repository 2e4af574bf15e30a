using System.Buffers.Binary;

namespace MicroVm.Images.Trees;

/// <summary>
/// One file of a merged image. Hard links are one node under several names. Owners, times and attributes are those of the
/// highest layer that has an entry for it.
/// </summary>
public sealed class ImageNode
{
    internal ImageNode(NodeKind kind) => Kind = kind;

    public NodeKind Kind { get; }

    /// <summary>Permission bits, 0–07777.</summary>
    public ushort Mode { get; internal set; }

    public uint Uid { get; internal set; }

    public uint Gid { get; internal set; }

    /// <summary>Seconds since 1970, possibly negative.</summary>
    public long MtimeSeconds { get; internal set; }

    /// <summary>0–999,999,999.</summary>
    public uint MtimeNanoseconds { get; internal set; }

    /// <summary>Bytes of a regular file, holes included; of a symbolic link's target.</summary>
    public long Size { get; internal set; }

    /// <summary>Names of a file; for a directory 2 and one per directory in it.</summary>
    public int LinkCount { get; internal set; }

    public uint DeviceMajor => (Device >> 8) & 0xfff;

    public uint DeviceMinor => (Device & 0xff) | ((Device >> 12) & 0xfff00);

    /// <summary>What a symbolic link holds.</summary>
    public ByteString LinkTarget { get; internal set; }

    /// <summary>Extended attributes by full name (user.x), sorted.</summary>
    public IEnumerable<KeyValuePair<ByteString, ByteString>> Xattrs
    {
        get
        {
            for (int at = 0; at < EncodedXattrs.Length;)
            {
                yield return NextXattr(ref at);
            }
        }
    }

    /// <summary>A directory's files, sorted by name; others have none.</summary>
    public IReadOnlyList<ImageEntry> Entries => SortedEntries;

    /// <summary>As the kernel's new_encode_dev.</summary>
    internal uint Device { get; set; }

    /// <summary>In the form of the layer index.</summary>
    internal ByteString EncodedXattrs { get; set; }

    /// <summary>Which of the image's data files has the content; regular files.</summary>
    internal int DataFile { get; set; }

    internal uint DataBlock { get; set; }

    /// <summary>0: stored whole; else log2 of a chunk's bytes.</summary>
    internal byte ChunkBits { get; set; }

    internal ByteString Chunks { get; set; }

    /// <summary>Directories: null at the root.</summary>
    internal ImageNode? Parent { get; init; }

    internal int Depth { get; init; }

    /// <summary>A directory's files while the tree is built.</summary>
    internal NameTable? Children { get; init; }

    /// <summary>Directories: the last layer that has an entry for it or for something in it.</summary>
    internal int TouchedBy { get; set; }

    /// <summary>Directories: the last layer whose whiteouts have removed all that is not its own from here down.</summary>
    internal int PurgedBy { get; set; }

    internal ImageEntry[] SortedEntries { get; set; } = [];

    /// <summary>Where a writer has put it; 0: nowhere yet.</summary>
    internal uint Number { get; set; }

    internal bool IsDirectory => Kind == NodeKind.Directory;

    private KeyValuePair<ByteString, ByteString> NextXattr(ref int at)
    {
        const int lengths = 2 * sizeof(ushort);
        ReadOnlySpan<byte> header = EncodedXattrs.Span[at..];
        int nameLength = BinaryPrimitives.ReadUInt16LittleEndian(header);
        int valueLength = BinaryPrimitives.ReadUInt16LittleEndian(header[sizeof(ushort)..]);
        int nameStart = at + lengths;
        at = nameStart + nameLength + valueLength;
        return new(EncodedXattrs.Slice(nameStart, nameLength), EncodedXattrs.Slice(nameStart + nameLength, valueLength));
    }
}
