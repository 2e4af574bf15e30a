using MicroVm.Images.Trees;

namespace MicroVm.Images.Composition;

/// <summary>A file that a new layer is to have.</summary>
/// <param name="Path">Components joined by single slashes, none of them "." or "..", no leading slash.</param>
/// <param name="Kind">What it is; with <see cref="LinkTo"/> it is one more name of another file.</param>
public sealed record LayerEntry(byte[] Path, NodeKind Kind)
{
    /// <summary>Permission bits, 0–07777.</summary>
    public ushort Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Seconds since 1970, possibly negative.</summary>
    public long MtimeSeconds { get; init; }

    /// <summary>What a symbolic link holds.</summary>
    public byte[] LinkTarget { get; init; } = [];

    /// <summary>The path of an earlier entry of the layer that this is a hard link to; null: a file of its own.</summary>
    public byte[]? LinkTo { get; init; }

    public uint DeviceMajor { get; init; }

    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes by full name.</summary>
    public IEnumerable<KeyValuePair<ByteString, ByteString>> Xattrs { get; init; } = [];

    /// <summary>Bytes of a regular file.</summary>
    public long Size { get; init; }

    /// <summary>Opens a regular file's content, exactly <see cref="Size"/> bytes; null: it is empty.</summary>
    public Func<Stream>? Content { get; init; }
}
