using System.Net.Http.Headers;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>What a reference turned out to be.</summary>
/// <param name="Digest">Of what the reference named, the index where there is one: the digest that Docker shows.</param>
/// <param name="ManifestBlob">The one image's manifest, as served.</param>
internal sealed record ResolvedImage(Digest Digest, byte[] ManifestBlob, ImageManifest Manifest, byte[] ConfigBlob, ParsedImageConfig Config);

/// <summary>Follows a reference through indexes to the manifest and configuration of one platform's image.</summary>
internal sealed class ImageResolver(RegistrySession session, Platform platform, bool isPlatformAsked)
{
    private const int MaxDepth = 3;
    private const int MaxFetches = 32;

    private readonly RetryDelays _retry = new(session.Options);
    private int _fetches;

    /// <exception cref="RegistryFailure">The registry does not give it.</exception>
    /// <exception cref="ImageException">It is not an image for this platform, or not what its digest says.</exception>
    public async Task<ResolvedImage> ResolveAsync(string reference, Digest? expected, CancellationToken cancellationToken)
    {
        (Digest digest, byte[] blob) = await FetchManifestAsync(reference, expected, cancellationToken);
        Manifest manifest = ManifestReader.Parse(blob);
        if (manifest is ImageIndex index)
        {
            return await SelectAsync(index, depth: 1, cancellationToken) is { } selected
                ? selected with { Digest = digest }
                : throw new ImageException(
                    ImageErrorKind.NotFound, $"no matching manifest for {platform} in the manifest list entries");
        }

        ResolvedImage image = await ReadImageAsync(digest, blob, (ImageManifest)manifest, cancellationToken);
        RequirePlatform(image.Config.Config, reference);
        return image;
    }

    private async Task<ResolvedImage?> SelectAsync(ImageIndex index, int depth, CancellationToken cancellationToken)
    {
        foreach (Descriptor descriptor in IndexSelection.Candidates(index, platform))
        {
            if (++_fetches > MaxFetches)
            {
                return null;
            }

            (Digest digest, byte[] blob) = await FetchManifestAsync(descriptor.Digest.ToString(), descriptor.Digest, cancellationToken);
            ResolvedImage? found = ManifestReader.Parse(blob) switch
            {
                ImageManifest manifest => await ReadImageAsync(digest, blob, manifest, cancellationToken),
                ImageIndex nested when depth < MaxDepth => await SelectAsync(nested, depth + 1, cancellationToken),
                _ => null,
            };
            if (found is not null && (descriptor.Platform is not null || IndexSelection.RankOf(platform, found.Config.Config) is not null))
            {
                return found;
            }
        }

        return null;
    }

    private async Task<ResolvedImage> ReadImageAsync(Digest digest, byte[] blob, ImageManifest manifest, CancellationToken cancellationToken)
    {
        byte[] configBlob = await _retry.RunAsync(() => FetchConfigAsync(manifest.Config, cancellationToken), cancellationToken);
        ParsedImageConfig config = ImageConfigReader.Parse(configBlob);
        return config.DiffIds.Count == manifest.Layers.Count
            ? new(digest, blob, manifest, configBlob, config)
            : throw new ImageException(
                ImageErrorKind.Invalid, $"invalid image manifest: {manifest.Layers.Count} layers, but the configuration names {config.DiffIds.Count}");
    }

    // Docker takes a lone manifest of another architecture unless a platform was asked for; another system never.
    private void RequirePlatform(ImageConfig config, string reference)
    {
        if (config.Os.Length > 0 && config.Os != platform.Os)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"image operating system \"{Files.OneLine.Of(config.Os)}\" cannot be used on this platform");
        }

        if (isPlatformAsked && IndexSelection.RankOf(platform, config) is null)
        {
            throw new ImageException(
                ImageErrorKind.NotFound,
                $"image with reference {reference} was found but does not match the specified platform: wanted {platform}, actual: {IndexSelection.PlatformOf(config)}");
        }
    }

    private Task<(Digest Digest, byte[] Blob)> FetchManifestAsync(string reference, Digest? expected, CancellationToken cancellationToken) =>
        _retry.RunAsync(() => FetchManifestOnceAsync(reference, expected, cancellationToken), cancellationToken);

    private async Task<(Digest Digest, byte[] Blob)> FetchManifestOnceAsync(string reference, Digest? expected, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await session.GetAsync($"manifests/{reference}", MediaTypes.Manifests, 0, cancellationToken);
        byte[] blob = await BoundedRead.AllAsync(response, ManifestReader.MaxSize, session.Options.StallTimeout, cancellationToken);
        Digest digest = Digest.Of(blob);
        Digest? wanted = expected ?? ClaimedDigest(response.Headers);
        return wanted is null || wanted == digest
            ? (digest, blob)
            : throw new ImageException(ImageErrorKind.Corrupt, $"manifest verification failed for digest {wanted}");
    }

    private static Digest? ClaimedDigest(HttpResponseHeaders headers) =>
        headers.TryGetValues("Docker-Content-Digest", out IEnumerable<string>? values) && Digest.TryParse(values.First(), out Digest digest)
            ? digest
            : null;

    private async Task<byte[]> FetchConfigAsync(Descriptor config, CancellationToken cancellationToken)
    {
        if (config.Size > ImageConfigReader.MaxSize)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"image configuration of {config.Size} bytes is too large");
        }

        using HttpResponseMessage response = await session.GetAsync($"blobs/{config.Digest}", [], 0, cancellationToken);
        byte[] blob = await BoundedRead.AllAsync(response, ImageConfigReader.MaxSize, session.Options.StallTimeout, cancellationToken);
        return blob.Length == config.Size && Digest.Of(blob) == config.Digest
            ? blob
            : throw new ImageException(ImageErrorKind.Corrupt, $"image config verification failed for digest {config.Digest}");
    }
}
