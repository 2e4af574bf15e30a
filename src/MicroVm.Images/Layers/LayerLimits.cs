namespace MicroVm.Images.Layers;

/// <summary>
/// What one layer, and one image, may cost the host, whatever its archive claims. A layer or image beyond a limit is
/// refused as invalid.
/// </summary>
internal static class LayerLimits
{
    /// <summary>Bytes of the uncompressed archive: the end of a decompression bomb.</summary>
    public const long MaxTarSize = 256L << 30;

    /// <summary>Bytes of a layer's index, which is built in memory.</summary>
    public const int MaxIndexSize = 256 << 20;

    public const int MaxEntries = 1 << 21;

    /// <summary>Bytes of a name between slashes (Linux, NAME_MAX).</summary>
    public const int MaxName = 255;

    /// <summary>Bytes of a path or link target (Linux, PATH_MAX less the NUL).</summary>
    public const int MaxPath = 4095;

    /// <summary>Bytes of an attribute's name with its namespace (Linux, XATTR_NAME_MAX).</summary>
    public const int MaxXattrName = 255;

    /// <summary>Bytes of an attribute's value: EROFS counts them in 16 bits, one less than Linux's XATTR_SIZE_MAX.</summary>
    public const int MaxXattrValue = 65535;

    /// <summary>Bytes of all attributes of a file: EROFS counts 4-byte units in 16 bits.</summary>
    public const int MaxXattrs = 192 << 10;

    /// <summary>Layers of an image; Docker stops at 127.</summary>
    public const int MaxLayers = 512;

    /// <summary>Bytes of all indexes of an image, which are in memory while it is merged.</summary>
    public const long MaxImageIndexSize = 1 << 30;

    /// <summary>Records of all layers of an image.</summary>
    public const int MaxImageRecords = 1 << 23;

    /// <summary>Files and directories made while merging an image, replaced ones and implied parents included.</summary>
    public const int MaxNodes = 1 << 21;

    /// <summary>Directories below one another; a path of PATH_MAX has as many.</summary>
    public const int MaxDepth = 2048;

    /// <summary>
    /// Path components looked up while merging an image: seconds of work. Entries in a directory's order need few each.
    /// </summary>
    public const int MaxLookups = 1 << 25;

    /// <summary>Symbolic links followed for one path, as in containerd.</summary>
    public const int MaxSymlinks = 255;
}
