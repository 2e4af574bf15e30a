using Microsoft.Extensions.Logging;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>Pulls images: mirrors first, then the registry; layers side by side; names last.</summary>
internal sealed partial class ImagePuller(
    ImageCatalog catalog, LayerLeases leases, ILayerStore layers, RegistryHttp http, string partialDirectory, ILogger logger)
{
    private readonly TokenSource _tokens = new(http);
    private readonly SharedTransfers _transfers = new();

    /// <exception cref="ImageException">With Docker's words for what went wrong.</exception>
    public async Task<StoredImage> PullAsync(
        ImageReference reference, PullOptions options, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<RegistryEndpoint> endpoints = RegistryEndpoint.For(reference, http.Options);
        Platform platform = Platform.Parse(options.Platform);
        progress.Report(new(reference.ManifestReference, $"Pulling from {reference.Path}"));
        foreach (RegistryEndpoint endpoint in endpoints)
        {
            try
            {
                // A mirror is another host: the registry's credentials are not for it.
                RegistryCredentials? credentials = endpoint.IsMirror ? null : options.Credentials;
                var session = new RegistrySession(endpoint, reference.Path, credentials, http, _tokens);
                var resolver = new ImageResolver(session, platform, isPlatformAsked: !string.IsNullOrEmpty(options.Platform));
                return await PullFromAsync(session, resolver, reference, progress, cancellationToken);
            }
            catch (Exception e) when (endpoint.IsMirror && e is RegistryFailure or ImageException { Kind: not ImageErrorKind.Storage })
            {
                LogMirrorFailed(logger, endpoint.Authority, reference.Familiar, e.Message);
            }
            catch (RegistryFailure e)
            {
                throw PullErrors.Translate(e, reference);
            }
        }

        throw new InvalidOperationException("the registry itself is the last endpoint");
    }

    private async Task<StoredImage> PullFromAsync(
        RegistrySession session, ImageResolver resolver, ImageReference reference, IProgress<TransferProgress> progress,
        CancellationToken cancellationToken)
    {
        ResolvedImage image = await resolver.ResolveAsync(reference.ManifestReference, reference.Digest, cancellationToken);
        (StoredImage stored, bool isNew) = await FetchAsync(session, image, reference, progress, cancellationToken);
        progress.Report(new(null, $"Digest: {image.Digest}"));
        progress.Report(new(null, isNew
            ? $"Status: Downloaded newer image for {reference.Familiar}"
            : $"Status: Image is up to date for {reference.Familiar}"));
        return stored;
    }

    private async Task<(StoredImage Stored, bool IsNew)> FetchAsync(
        RegistrySession session, ResolvedImage image, ImageReference reference, IProgress<TransferProgress> progress,
        CancellationToken cancellationToken)
    {
        List<Digest> blobs = [.. image.Manifest.Layers.Select(layer => layer.Digest)];
        try
        {
            using LayerLeases.PullLease lease = leases.BeginPull(image.Manifest.Config.Digest, image.Config.DiffIds, blobs);
            await PullLayersAsync(session, image, progress, lease, cancellationToken);
            StoredImage stored = Commit(image, reference, out bool isNew);
            lease.Complete();
            return (stored, isNew);
        }
        catch (ImageException e) when (IsHopeless(e))
        {
            DeletePartials(blobs.Except(leases.Blobs));
            throw;
        }
    }

    /// <summary>The image itself is bad: a pull that goes on from here would fail as well.</summary>
    private static bool IsHopeless(ImageException failure) => failure.Kind is ImageErrorKind.Invalid or ImageErrorKind.Corrupt;

    private void DeletePartials(IEnumerable<Digest> blobs)
    {
        foreach (Digest blob in blobs)
        {
            File.Delete(Path.Combine(partialDirectory, blob.Hex));
        }
    }

    private StoredImage Commit(ResolvedImage image, ImageReference reference, out bool isNew)
    {
        Digest id = image.Manifest.Config.Digest;
        isNew = catalog.Find(reference) != id || catalog.Get(id) is null;
        ImageReference byDigest = reference with { Tag = null, Digest = image.Digest };
        IEnumerable<ImageReference> names = reference.Digest is null ? [reference, byDigest] : [byDigest];
        return catalog.Commit(catalog.Compose(id, image.Config), image.ConfigBlob, image.ManifestBlob, names);
    }

    private async Task PullLayersAsync(
        RegistrySession session, ResolvedImage image, IProgress<TransferProgress> progress, LayerLeases.PullLease lease,
        CancellationToken cancellationToken)
    {
        List<(Descriptor Blob, Digest DiffId)> missing = Missing(image, progress);
        try
        {
            await LayerTransfers.RunAsync(
                missing,
                (layer, stop) => PullLayerAsync(session, layer.Blob, layer.DiffId, progress, stop),
                http.Options.MaxConcurrentDownloads,
                cancellationToken);
        }
        catch (ImageException e) when (IsHopeless(e))
        {
            lease.GiveUp();
            throw;
        }
    }

    private async Task<Digest> PullLayerAsync(
        RegistrySession session, Descriptor blob, Digest diffId, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        var download = new LayerDownload(session, blob, diffId, layers, partialDirectory, logger);
        await _transfers.RunAsync(diffId, download.RunAsync, progress, cancellationToken);
        return diffId;
    }

    private List<(Descriptor Blob, Digest DiffId)> Missing(ResolvedImage image, IProgress<TransferProgress> progress)
    {
        List<(Descriptor Blob, Digest DiffId)> missing = [];
        HashSet<Digest> seen = [];
        foreach ((Descriptor blob, Digest diffId) in image.Manifest.Layers.Zip(image.Config.DiffIds))
        {
            bool isThere = !seen.Add(diffId) || layers.Contains(diffId);
            progress.Report(new(blob.ShortId, isThere ? "Already exists" : "Pulling fs layer"));
            if (!isThere)
            {
                missing.Add((blob, diffId));
            }
        }

        foreach ((Descriptor blob, _) in missing.Skip(http.Options.MaxConcurrentDownloads))
        {
            progress.Report(new(blob.ShortId, "Waiting"));
        }

        return missing;
    }

    [LoggerMessage(13, LogLevel.Warning, "Mirror {Mirror} can't serve {Image}: {Reason}. Trying the next.")]
    private static partial void LogMirrorFailed(ILogger logger, string mirror, string image, string reason);
}
