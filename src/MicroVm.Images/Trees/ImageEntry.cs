namespace MicroVm.Images.Trees;

/// <summary>A file under one of its names.</summary>
public sealed class ImageEntry
{
    internal ImageEntry(ByteString name, ImageNode node)
    {
        Name = name;
        Node = node;
    }

    public ByteString Name { get; }

    public ImageNode Node { get; internal set; }

    /// <summary>The layer that made this name.</summary>
    internal int SetBy { get; set; }

    /// <summary>For <see cref="NameTable"/>: the name's hash, and the next entry in the same bucket.</summary>
    internal int Hash { get; init; }

    internal ImageEntry? NextInBucket { get; set; }
}
