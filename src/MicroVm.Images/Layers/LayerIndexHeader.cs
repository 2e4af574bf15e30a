using System.Runtime.InteropServices;

namespace MicroVm.Images.Layers;

/// <summary>The first bytes of an index file; little-endian as everything here.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct LayerIndexHeader
{
    public const int Size = 48;

    /// <summary>"MVMLAYER"</summary>
    public const ulong ExpectedMagic = 0x524559414c4d564d;

    /// <summary>Raised with every change of the format; an index of another version counts as absent.</summary>
    public const uint CurrentVersion = 1;

    public ulong Magic;
    public uint Version;

    /// <summary>CRC-32C of the file with this field zero.</summary>
    public uint Checksum;

    /// <summary>Bytes of the uncompressed archive.</summary>
    public long TarSize;

    /// <summary>Sum of the regular files' sizes, bytes.</summary>
    public long ContentSize;

    /// <summary>Bytes of the data file, whole blocks.</summary>
    public long DataLength;

    /// <summary>Bytes of records after this header.</summary>
    public int RecordsLength;
    public int RecordCount;
}
