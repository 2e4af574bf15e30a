using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary>Bounds on what one archive may make the daemon keep in memory.</summary>
internal static class ArchiveLimits
{
    /// <summary>Largest file that is not a layer, bytes.</summary>
    public const int MaxFileSize = ImageConfigReader.MaxSize;

    /// <summary>All such files together, bytes.</summary>
    public const long MaxTotalSize = 64L << 20;

    public const int MaxEntries = 20_000;

    public const int MaxNameLength = 1024;

    public const int MaxImages = 1000;

    /// <summary>
    /// Bytes of metadata parsed or made, all images together: many entries may point to one large file.
    /// </summary>
    public const long MaxWork = 4 * MaxTotalSize;
}
