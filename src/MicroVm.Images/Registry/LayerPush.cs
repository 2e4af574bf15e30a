using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>Sees to it that a repository has a layer.</summary>
internal sealed class LayerPush(RegistrySession session, ILayerStore layers, Digest diffId, IReadOnlyList<KnownBlob> known)
{
    private readonly BlobUpload _upload = new(session, layers);
    private readonly RetryDelays _delays = new(session.Options);

    private string Id => diffId.Hex[..12];

    public async Task<Descriptor> RunAsync(IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        if (await FindAsync(progress, cancellationToken) is { } found)
        {
            return found;
        }

        long size = layers.Get(diffId).TarSize;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                progress.Report(new(Id, "Pushing", 0, size));
                Descriptor blob = await _upload.PutLayerAsync(diffId, done => progress.Report(new(Id, "Pushing", done, size)), cancellationToken);
                progress.Report(new(Id, "Pushed"));
                return blob;
            }
            catch (RegistryFailure e) when (e.IsTransient && attempt < session.Options.MaxDownloadAttempts)
            {
                progress.Report(new(Id, "Retrying"));
                await _delays.WaitAsync(attempt, e.RetryAfter, cancellationToken);
            }
        }
    }

    /// <summary>What the repository has, or can take from a neighbour; null: it must be sent.</summary>
    private async Task<Descriptor?> FindAsync(IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        foreach (Descriptor blob in known.Select(one => one.Blob).DistinctBy(blob => blob.Digest))
        {
            if (await _delays.RunAsync(() => _upload.ExistsAsync(blob.Digest, cancellationToken), cancellationToken))
            {
                progress.Report(new(Id, "Layer already exists"));
                return blob;
            }
        }

        foreach (KnownBlob one in known.Where(one => one.Repository is not null))
        {
            if (await _delays.RunAsync(() => _upload.MountAsync(one.Blob.Digest, one.Repository!, cancellationToken), cancellationToken))
            {
                progress.Report(new(Id, $"Mounted from {one.Repository}"));
                return one.Blob;
            }
        }

        return null;
    }
}
