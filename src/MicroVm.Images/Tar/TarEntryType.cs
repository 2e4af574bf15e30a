namespace MicroVm.Images.Tar;

/// <summary>The typeflag byte (POSIX pax, "ustar Header Block"; GNU tar, tar.h).</summary>
internal enum TarEntryType : byte
{
    /// <summary>Version 7: a file, or a directory when the name ends with a slash.</summary>
    OldFile = 0,
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',
    ContiguousFile = (byte)'7',
    PaxGlobal = (byte)'g',
    PaxExtended = (byte)'x',
    GnuLongLink = (byte)'K',
    GnuLongName = (byte)'L',
    GnuSparse = (byte)'S',
}
