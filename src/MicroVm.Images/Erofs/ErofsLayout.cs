using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Erofs;

/// <summary>
/// Decides where everything of the metadata goes: inodes from behind the superblock on, a directory's files after one
/// another, small directories and link targets inside the block of their inode; then whole blocks of large directories.
/// Sets each node's <see cref="ImageNode.Number"/>.
/// </summary>
internal sealed class ErofsLayout
{
    /// <summary>The metadata is made in memory; this is the image of two million files that it may be.</summary>
    private const long MaxSize = 1 << 30;

    private readonly List<ErofsPlacement> _placements;
    private long _position = ErofsFormat.SuperOffset + ErofsSuperblock.Size;

    public ErofsLayout(ImageTree tree)
    {
        _placements = new(tree.NodeCount);
        PlaceInodes(tree);
        PlaceBlocks();
    }

    public IReadOnlyList<ErofsPlacement> Placements => _placements;

    /// <summary>Blocks of the metadata.</summary>
    public uint Blocks { get; private set; }

    public bool HasChunks { get; private set; }

    private void PlaceInodes(ImageTree tree)
    {
        Place(tree.Root);
        for (int i = 0; i < _placements.Count; i++)
        {
            foreach (ImageEntry entry in _placements[i].Node.SortedEntries)
            {
                if (entry.Node.Number == 0)
                {
                    Place(entry.Node);
                }
            }
        }
    }

    private void Place(ImageNode node)
    {
        int head = ErofsInode.Size + ErofsXattrs.Size(node);
        long content = node.Kind switch
        {
            NodeKind.Directory => ErofsDirectory.Size(node),
            NodeKind.SymbolicLink => node.Size,
            _ => 0,
        };
        int tail = InlineTail(head, content);
        HasChunks |= node.ChunkBits != 0;

        node.Number = checked((uint)(_position / ErofsFormat.InodeSlotSize));
        _placements.Add(new(node, head - ErofsInode.Size, content, tail));
        _position = Aligned(_position + head + tail + node.Chunks.Length, ErofsFormat.InodeSlotSize);
        CheckSize(_position);
    }

    /// <summary>
    /// How much of a content stands behind its inode: its last, or only, block when both fit in one block. The inode
    /// moves to the next block for that; such a tail may not cross a boundary.
    /// </summary>
    private int InlineTail(int head, long content)
    {
        int tail = (int)(((content - 1) % ErofsFormat.BlockSize) + 1);
        if (content == 0 || head + tail > ErofsFormat.BlockSize)
        {
            return 0;
        }

        long tailStart = _position + head;
        if ((tailStart % ErofsFormat.BlockSize) + tail > ErofsFormat.BlockSize)
        {
            _position = Aligned(_position, ErofsFormat.BlockSize);
        }

        return tail;
    }

    private void PlaceBlocks()
    {
        _position = Aligned(_position, ErofsFormat.BlockSize);
        foreach (ErofsPlacement placement in _placements)
        {
            if (placement.BlocksSize > 0)
            {
                placement.Block = (uint)(_position / ErofsFormat.BlockSize);
                _position += Aligned(placement.BlocksSize, ErofsFormat.BlockSize);
                CheckSize(_position);
            }
        }

        Blocks = (uint)(_position / ErofsFormat.BlockSize);
    }

    private static long Aligned(long value, int alignment) => (value + alignment - 1) & -alignment;

    private static void CheckSize(long size)
    {
        if (size > MaxSize)
        {
            throw TarError.Invalid("the image's file tree takes more than 1 GiB");
        }
    }
}

/// <summary>Where a node's inode and content are.</summary>
/// <param name="XattrsSize">Bytes of attributes behind the inode.</param>
/// <param name="ContentSize">Bytes of a directory or link target, 0 for others: their content is not metadata.</param>
/// <param name="InlineSize">Bytes of it that stand behind the attributes.</param>
internal sealed record ErofsPlacement(ImageNode Node, int XattrsSize, long ContentSize, int InlineSize)
{
    /// <summary>Bytes of content in blocks of their own.</summary>
    public long BlocksSize => ContentSize - InlineSize;

    public uint Block { get; set; } = ErofsFormat.NullAddress;

    public long Position => (long)Node.Number * ErofsFormat.InodeSlotSize;
}
