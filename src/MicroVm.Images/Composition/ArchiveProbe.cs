using MicroVm.Images.Compression;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Composition;

/// <summary>Tells archives, compressed or not, from other files.</summary>
public static class ArchiveProbe
{
    /// <summary>Whether a tar begins there; nothing but its first block is looked at.</summary>
    public static async Task<bool> IsTarAsync(Stream content, CancellationToken cancellationToken)
    {
        byte[] block = new byte[TarHeader.BlockSize];
        try
        {
            await using Stream tar = await UploadedArchive.OpenAsync(content, long.MaxValue, cancellationToken).ConfigureAwait(false);
            int length = await tar.ReadAtLeastAsync(block, block.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return length == block.Length && !new TarHeader(block).IsZero && new TarHeader(block).ChecksumMatches;
        }
        catch (ImageException)
        {
            return false;
        }
    }
}
