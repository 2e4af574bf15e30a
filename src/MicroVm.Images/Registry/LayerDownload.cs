using Microsoft.Extensions.Logging;
using MicroVm.Images.Compression;
using MicroVm.Images.Files;
using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// One layer from registry to layer store in one pass: body, digest check, decompression, and the store's own check of
/// the diff_id. Nothing of it is stored unless all of it is right.
/// </summary>
internal sealed partial class LayerDownload(
    RegistrySession session, Descriptor blob, Digest diffId, ILayerStore layers, string partialDirectory, ILogger logger)
{
    // Below this a new download costs less than keeping the old one's start.
    private const long SmallestKept = 256 << 10;

    /// <exception cref="RegistryFailure">The registry does not give it.</exception>
    /// <exception cref="ImageException">It is not what its digests say, or no layer.</exception>
    public async Task RunAsync(IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        if (layers.Contains(diffId))
        {
            // Another pull or a load was quicker.
            progress.Report(new(blob.ShortId, "Already exists"));
            return;
        }

        using PartialDownload? partial = blob.Size >= SmallestKept ? PartialDownload.TryOpen(partialDirectory, blob.Digest) : null;
        long known = partial?.Length ?? 0;
        try
        {
            if (known > blob.Size)
            {
                partial!.Truncate();
                known = 0;
            }

            await TransferAsync(partial, progress, cancellationToken);
        }
        catch (ImageException e) when (known > 0 && e.Kind != ImageErrorKind.Storage)
        {
            LogPartialSpoiled(logger, blob.Digest, e.Message);
            partial!.Truncate();
            await TransferAsync(partial, progress, cancellationToken);
        }
        catch (ImageException)
        {
            partial?.Delete();
            throw;
        }

        partial?.Delete();
    }

    private async Task TransferAsync(PartialDownload? partial, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        var lines = new LayerProgress(progress, blob.ShortId);
        await using var compressed = new VerifiedBlobStream(
            Source(partial), blob.Digest, blob.Size, position => ReportDownload(lines, position));
        await using Decompression content = await Decompression.OpenAsync(compressed, session.Options.MaxLayerSize, cancellationToken);
        await using var ahead = new ReadAheadStream(content, cancellationToken);
        await layers.AddAsync(ahead, diffId, cancellationToken);
        lines.Status("Pull complete");
    }

    private Stream Source(PartialDownload? partial) => partial is null
        ? new ResumableBlobStream(session, blob, 0, logger)
        : partial.Followed(offset => new ResumableBlobStream(session, blob, offset, logger));

    // Layers are stored while they arrive: what is left after the last byte is Docker's "Extracting".
    private void ReportDownload(LayerProgress lines, long position)
    {
        if (position < blob.Size)
        {
            lines.Count("Downloading", position, blob.Size);
            return;
        }

        lines.Status("Verifying Checksum");
        lines.Status("Download complete");
        lines.Count("Extracting", blob.Size, blob.Size);
    }

    [LoggerMessage(12, LogLevel.Information, "The kept start of {Digest} does not fit ({Reason}); downloading all of it.")]
    private static partial void LogPartialSpoiled(ILogger logger, Digest digest, string reason);
}
