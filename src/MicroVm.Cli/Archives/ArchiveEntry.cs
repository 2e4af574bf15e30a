namespace MicroVm.Cli.Archives;

/// <summary>Kinds of a tar's entries (POSIX ustar).</summary>
internal enum ArchiveKind : byte
{
    File = (byte)'0',
    HardLink = (byte)'1',
    Symlink = (byte)'2',
    CharacterDevice = (byte)'3',
    BlockDevice = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',
}

/// <summary>One file of an archive. Names are bytes.</summary>
internal sealed class ArchiveEntry
{
    internal required ArchiveKind Kind { get; init; }

    internal required byte[] Name { get; set; }

    /// <summary>Of a link.</summary>
    internal byte[] Target { get; set; } = [];

    /// <summary>Permission bits, set-uid and sticky included.</summary>
    internal required uint Mode { get; init; }

    internal long UserId { get; init; }

    internal long GroupId { get; init; }

    /// <summary>Bytes of content that follow.</summary>
    internal long Size { get; init; }

    internal long ModifiedSeconds { get; init; }

    /// <summary>0–999,999,999, added.</summary>
    internal int ModifiedNanoseconds { get; init; }

    internal uint DeviceMajor { get; init; }

    internal uint DeviceMinor { get; init; }

    internal List<(byte[] Name, byte[] Value)> Attributes { get; init; } = [];
}
