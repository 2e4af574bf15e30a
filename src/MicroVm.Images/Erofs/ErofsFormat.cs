using System.Runtime.InteropServices;

namespace MicroVm.Images.Erofs;

/// <summary>
/// The parts of the EROFS on-disk format that the writer uses, named as in Linux's fs/erofs/erofs_fs.h (6.1), which with
/// Documentation/filesystems/erofs.rst defines it. Little-endian.
/// </summary>
internal static class ErofsFormat
{
    public const int BlockBits = 12;
    public const int BlockSize = 1 << BlockBits;
    public const int SuperOffset = 1024;
    public const uint SuperMagic = 0xe0f5e1e2;

    /// <summary>A node number counts these from the start of the metadata.</summary>
    public const int InodeSlotSize = 32;

    public const uint FeatureCompatSuperblockChecksum = 1;
    public const uint FeatureCompatMtime = 2;
    public const uint FeatureIncompatChunkedFile = 4;

    public const ushort LayoutExtended = 1;
    public const ushort LayoutFlatPlain = 0 << 1;
    public const ushort LayoutFlatInline = 2 << 1;
    public const ushort LayoutChunkBased = 4 << 1;

    /// <summary>A chunk without content, and the block address of a file without any.</summary>
    public const uint NullAddress = uint.MaxValue;

    public const int XattrHeaderSize = 12;
    public const int XattrEntrySize = 4;
    public const byte XattrIndexUser = 1;
    public const byte XattrIndexPosixAclAccess = 2;
    public const byte XattrIndexPosixAclDefault = 3;
    public const byte XattrIndexTrusted = 4;
    public const byte XattrIndexSecurity = 6;
}

/// <summary>struct erofs_super_block</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ErofsSuperblock
{
    public const int Size = 128;

    public uint Magic;

    /// <summary>CRC-32C of the rest of the block from here with this field zero, not inverted at the end.</summary>
    public uint Checksum;
    public uint FeatureCompat;
    public byte BlockSizeBits;
    public byte ExtensionSlots;
    public ushort RootNid;
    public ulong Inodes;
    public ulong BuildTime;
    public uint BuildTimeNanoseconds;
    public uint Blocks;
    public uint MetaBlock;
    public uint XattrBlock;
    public UInt128 Uuid;
    public UInt128 VolumeName;
    public uint FeatureIncompat;
    public ushort CompressionAlgorithms;
    public ushort ExtraDevices;
    public ushort DeviceTableSlot;
    public byte DirectoryBlockBits;
    public byte Reserved;
    public uint Reserved2;
    public ulong PackedNid;
    public ulong Reserved3;
    public ulong Reserved4;
    public ulong Reserved5;
}

/// <summary>struct erofs_inode_extended</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ErofsInode
{
    public const int Size = 64;

    public ushort Format;

    /// <summary>0: no attributes; else 4-byte units of them, the header counting as one.</summary>
    public ushort XattrCount;
    public ushort Mode;
    public ushort Reserved;
    public ulong FileSize;

    /// <summary>Block address, device number, or chunk format: erofs_inode_i_u.</summary>
    public uint Union;

    /// <summary>For 32-bit stat(2) alone.</summary>
    public uint Ino;
    public uint Uid;
    public uint Gid;
    public long Mtime;
    public uint MtimeNanoseconds;
    public uint LinkCount;
    public ulong Reserved2;
    public ulong Reserved3;
}

/// <summary>struct erofs_dirent</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ErofsDirent
{
    public const int Size = 12;

    public ulong Nid;

    /// <summary>Where the name starts in the block; of the first entry, also where the entries end.</summary>
    public ushort NameOffset;

    /// <summary>FT_* of include/linux/fs_types.h.</summary>
    public byte FileType;
    public byte Reserved;
}
