namespace MicroVm.Images.Tar;

/// <summary>Bounds on what one archive may ask of the reader; beyond them an archive is refused as invalid.</summary>
internal static class TarLimits
{
    /// <summary>Bytes of a PAX extended header or a GNU long name: as much as Go's reader, hence Docker, accepts.</summary>
    public const int MaxExtendedHeader = 1 << 20;

    /// <summary>Segments of a sparse file; GNU tar writes one per run of non-zero blocks.</summary>
    public const int MaxSparseSegments = 1 << 20;

    /// <summary>Bytes of a file: what ext4, the writable layer over it, can hold.</summary>
    public const long MaxFileSize = 1L << 44;
}
