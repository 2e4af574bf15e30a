using System.Runtime.InteropServices;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>What a record of an index does: makes a file (the values of <see cref="NodeKind"/>), links, or removes.</summary>
internal enum RecordKind : byte
{
    File = NodeKind.File,
    Directory = NodeKind.Directory,
    SymbolicLink = NodeKind.SymbolicLink,
    CharacterDevice = NodeKind.CharacterDevice,
    BlockDevice = NodeKind.BlockDevice,
    Fifo = NodeKind.Fifo,
    HardLink = 16,
    Whiteout = 17,
    Opaque = 18,
}

/// <summary>
/// The fixed part of an index record. After it: path, link target, padding to 4, attributes, padding to 4, chunk
/// addresses, padding to 8.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct LayerRecord
{
    public const int Size = 56;

    public RecordKind Kind;

    /// <summary>0: the file is stored whole from <see cref="DataBlock"/>. Else: log2 of a chunk's bytes.</summary>
    public byte ChunkBits;

    /// <summary>Permission bits, 0–07777.</summary>
    public ushort Mode;
    public ushort PathLength;
    public ushort LinkLength;
    public uint Uid;
    public uint Gid;
    public uint MtimeNanoseconds;
    public long MtimeSeconds;
    public long FileSize;

    /// <summary>As the kernel's new_encode_dev: minor's low byte, 12 bits of major, the rest of minor.</summary>
    public uint Device;

    /// <summary>First block of the content in the layer's data file.</summary>
    public uint DataBlock;
    public uint ChunkCount;
    public uint XattrsLength;
}
