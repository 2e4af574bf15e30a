namespace MicroVm.Images.Tar;

/// <summary>One file of an archive, its extended headers merged in. Names are bytes; nothing is normalised.</summary>
internal sealed class TarEntry
{
    public required TarEntryType Type { get; set; }

    public required byte[] Name { get; set; }

    public required byte[] LinkName { get; set; }

    /// <summary>As written: permission bits, sometimes file type bits too.</summary>
    public required long Mode { get; init; }

    public required long Uid { get; set; }

    public required long Gid { get; set; }

    /// <summary>Bytes of the file as it is to be: holes of a sparse file included.</summary>
    public required long Size { get; set; }

    public required TarTime ModificationTime { get; set; }

    public required long DeviceMajor { get; init; }

    public required long DeviceMinor { get; init; }

    public IReadOnlyList<TarXattr> Xattrs { get; set; } = [];

    /// <summary>Where the stored bytes belong in the file, ascending; null: the file is stored whole.</summary>
    public IReadOnlyList<SparseSegment>? Segments { get; set; }

    /// <summary>Types whose size field says nothing about stored bytes.</summary>
    public bool IsHeaderOnly => Type is >= TarEntryType.HardLink and <= TarEntryType.Fifo;
}

/// <summary>Seconds since 1970, possibly negative, and nanoseconds, 0–999,999,999, added to them.</summary>
internal readonly record struct TarTime(long Seconds, int Nanoseconds = 0);

/// <param name="Name">With its namespace: user.x, security.capability.</param>
internal readonly record struct TarXattr(byte[] Name, byte[] Value);

internal readonly record struct SparseSegment(long Offset, long Length)
{
    public long End => Offset + Length;
}
