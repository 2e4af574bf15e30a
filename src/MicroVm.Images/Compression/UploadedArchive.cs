namespace MicroVm.Images.Compression;

/// <summary>Archives that clients send: compressed by gzip, zstd, xz, bzip2, or not at all.</summary>
public static class UploadedArchive
{
    /// <summary>The uncompressed bytes, as they arrive.</summary>
    /// <param name="limit">Most bytes that it may give.</param>
    /// <exception cref="ImageException">From reads: Invalid, when the data is damaged, cut short, or too long.</exception>
    public static async Task<Stream> OpenAsync(Stream source, long limit, CancellationToken cancellationToken) =>
        await Decompression.OpenAsync(source, limit, cancellationToken);
}
