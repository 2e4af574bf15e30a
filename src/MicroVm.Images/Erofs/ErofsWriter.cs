using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MicroVm.Images.Layers;
using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Erofs;

/// <summary>
/// Writes an image's tree as the metadata of an EROFS volume, uncompressed, whose files' contents are in data files
/// that follow the metadata on the disk, one after the other.
/// </summary>
internal sealed class ErofsWriter
{
    private readonly ErofsLayout _layout;
    private readonly byte[] _bytes;

    /// <summary>First block of each data file on the disk.</summary>
    private readonly uint[] _dataStarts;
    private readonly uint _blocks;

    private ErofsWriter(ImageTree tree, IReadOnlyList<long> dataLengths)
    {
        _layout = new(tree);
        _bytes = new byte[(long)_layout.Blocks * ErofsFormat.BlockSize];
        _dataStarts = new uint[dataLengths.Count];
        long blocks = _layout.Blocks;
        for (int i = 0; i < dataLengths.Count; i++)
        {
            _dataStarts[i] = (uint)blocks;
            blocks += dataLengths[i] / ErofsFormat.BlockSize;
            if (blocks >= ErofsFormat.NullAddress)
            {
                throw TarError.Invalid("the image has more than 16 TiB of content");
            }
        }

        _blocks = (uint)blocks;
    }

    /// <param name="tree">Takes numbers; write a tree once.</param>
    /// <param name="dataLengths">Bytes of each data file, whole blocks.</param>
    /// <param name="uuid">The volume's.</param>
    /// <returns>Whole blocks.</returns>
    /// <exception cref="ImageException">Invalid: too large for the format.</exception>
    public static byte[] Write(ImageTree tree, IReadOnlyList<long> dataLengths, UInt128 uuid)
    {
        var writer = new ErofsWriter(tree, dataLengths);
        for (int i = 0; i < writer._layout.Placements.Count; i++)
        {
            writer.WriteNode(writer._layout.Placements[i], (uint)i + 1);
        }

        writer.WriteSuperblock(tree, uuid);
        return writer._bytes;
    }

    private void WriteNode(ErofsPlacement placement, uint ino)
    {
        ImageNode node = placement.Node;
        Span<byte> space = _bytes.AsSpan((int)placement.Position);
        MemoryMarshal.Write(space, Inode(placement, ino));
        space = space[ErofsInode.Size..];
        if (placement.XattrsSize > 0)
        {
            ErofsXattrs.Write(node, space[..placement.XattrsSize]);
            space = space[placement.XattrsSize..];
        }

        Span<byte> blocks = placement.BlocksSize > 0
            ? _bytes.AsSpan((int)placement.Block * ErofsFormat.BlockSize, (int)placement.BlocksSize)
            : default;
        switch (node.Kind)
        {
            case NodeKind.Directory:
                ErofsDirectory.Write(node, blocks, space[..placement.InlineSize]);
                break;
            case NodeKind.SymbolicLink:
                node.LinkTarget.Span.CopyTo(blocks.IsEmpty ? space : blocks);
                break;
            case NodeKind.File when node.ChunkBits != 0:
                WriteChunks(node, space);
                break;
            default:
                break;
        }
    }

    private ErofsInode Inode(ErofsPlacement placement, uint ino) => new()
    {
        Format = (ushort)(ErofsFormat.LayoutExtended | DataLayout(placement)),
        XattrCount = ErofsXattrs.Count(placement.XattrsSize),
        Mode = (ushort)(TypeBits(placement.Node.Kind) | placement.Node.Mode),
        FileSize = (ulong)(placement.Node.Kind == NodeKind.File ? placement.Node.Size : placement.ContentSize),
        Union = Union(placement),
        Ino = ino,
        Uid = placement.Node.Uid,
        Gid = placement.Node.Gid,
        Mtime = placement.Node.MtimeSeconds,
        MtimeNanoseconds = placement.Node.MtimeNanoseconds,
        LinkCount = (uint)placement.Node.LinkCount,
    };

    private static ushort DataLayout(ErofsPlacement placement) => placement.Node.ChunkBits != 0
        ? ErofsFormat.LayoutChunkBased
        : placement.InlineSize > 0 ? ErofsFormat.LayoutFlatInline : ErofsFormat.LayoutFlatPlain;

    private uint Union(ErofsPlacement placement)
    {
        ImageNode node = placement.Node;
        return node.Kind switch
        {
            NodeKind.CharacterDevice or NodeKind.BlockDevice => node.Device,
            NodeKind.Directory or NodeKind.SymbolicLink => placement.Block,
            NodeKind.File when node.ChunkBits != 0 => (uint)(node.ChunkBits - ErofsFormat.BlockBits),
            NodeKind.File when node.Size > 0 => DiskBlock(node, node.DataBlock),
            _ => ErofsFormat.NullAddress,
        };
    }

    private static ushort TypeBits(NodeKind kind) => kind switch
    {
        NodeKind.File => 0x8000,
        NodeKind.Directory => 0x4000,
        NodeKind.SymbolicLink => 0xa000,
        NodeKind.CharacterDevice => 0x2000,
        NodeKind.BlockDevice => 0x6000,
        _ => 0x1000,
    };

    private void WriteChunks(ImageNode node, Span<byte> space)
    {
        ReadOnlySpan<byte> chunks = node.Chunks.Span;
        for (int at = 0; at < chunks.Length; at += sizeof(uint))
        {
            uint block = BinaryPrimitives.ReadUInt32LittleEndian(chunks[at..]);
            BinaryPrimitives.WriteUInt32LittleEndian(
                space[at..], block == ErofsFormat.NullAddress ? block : DiskBlock(node, block));
        }
    }

    private uint DiskBlock(ImageNode node, uint block) => _dataStarts[node.DataFile] + block;

    private void WriteSuperblock(ImageTree tree, UInt128 uuid)
    {
        var superblock = new ErofsSuperblock
        {
            Magic = ErofsFormat.SuperMagic,
            FeatureCompat = ErofsFormat.FeatureCompatSuperblockChecksum | ErofsFormat.FeatureCompatMtime,
            BlockSizeBits = ErofsFormat.BlockBits,
            RootNid = (ushort)tree.Root.Number,
            Inodes = (ulong)tree.NodeCount,
            Blocks = _blocks,
            Uuid = uuid,
            FeatureIncompat = _layout.HasChunks ? ErofsFormat.FeatureIncompatChunkedFile : 0,
        };
        Span<byte> space = _bytes.AsSpan(ErofsFormat.SuperOffset..ErofsFormat.BlockSize);
        MemoryMarshal.Write(space, in superblock);
        superblock.Checksum = Crc32C.Append(uint.MaxValue, space);
        MemoryMarshal.Write(space, in superblock);
    }
}
