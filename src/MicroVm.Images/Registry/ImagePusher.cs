using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// Pushes images to their registry: layers side by side, then the configuration, then the manifest (an OCI one). A layer that the
/// registry is known to have had goes by reference.
/// </summary>
internal sealed class ImagePusher(ImageCatalog catalog, ILayerStore layers, RegistryHttp http)
{
    private readonly TokenSource _tokens = new(http);

    /// <param name="reference">With a tag; its image is in the catalog.</param>
    /// <returns>The manifest that the registry has now.</returns>
    /// <exception cref="ImageException">With Docker's words for what went wrong.</exception>
    public async Task<PushedImage> PushAsync(
        ImageReference reference, ImageRecord image, RegistryCredentials? credentials, IProgress<TransferProgress> progress,
        CancellationToken cancellationToken)
    {
        RegistryEndpoint endpoint = RegistryEndpoint.For(reference, http.Options)[^1];
        var session = new RegistrySession(endpoint, reference.Path, credentials, http, _tokens, "pull,push");
        try
        {
            IReadOnlyList<Descriptor> blobs = await PushLayersAsync(session, reference, image, progress, cancellationToken);
            byte[] manifest = await PushManifestAsync(session, reference, image, blobs, cancellationToken);
            var pushed = new PushedImage(reference.Tag!, Digest.Of(manifest), manifest.Length);
            catalog.Commit(image, catalog.ReadConfig(image.Id), manifest, [reference with { Tag = null, Digest = pushed.Digest }]);
            progress.Report(new(null, $"{pushed.Tag}: digest: {pushed.Digest} size: {pushed.Size}"));
            return pushed;
        }
        catch (RegistryFailure e)
        {
            throw PushErrors.Translate(e);
        }
    }

    private async Task<IReadOnlyList<Descriptor>> PushLayersAsync(
        RegistrySession session, ImageReference reference, ImageRecord image, IProgress<TransferProgress> progress, CancellationToken cancellationToken)
    {
        Digest[] distinct = [.. image.DiffIds.Distinct()];
        foreach (Digest diffId in distinct)
        {
            progress.Report(new(diffId.Hex[..12], "Preparing"));
        }

        var known = new KnownBlobs(catalog, reference);
        Descriptor[] blobs = await LayerTransfers.RunAsync(
            distinct,
            (diffId, stop) => new LayerPush(session, layers, diffId, known.Of(diffId)).RunAsync(progress, stop),
            http.Options.MaxConcurrentDownloads,
            cancellationToken);
        return [.. image.DiffIds.Select(diffId => blobs[Array.IndexOf(distinct, diffId)])];
    }

    private async Task<byte[]> PushManifestAsync(
        RegistrySession session, ImageReference reference, ImageRecord image, IReadOnlyList<Descriptor> blobs, CancellationToken cancellationToken)
    {
        byte[] config = catalog.ReadConfig(image.Id);
        BlobUpload upload = new(session, layers);
        if (!await upload.ExistsAsync(image.Id, cancellationToken))
        {
            await upload.PutAsync(config, cancellationToken);
        }

        byte[] manifest = Manifest(new(MediaTypes.OciConfig, image.Id, config.Length), blobs);
        var request = new RegistryRequest(HttpMethod.Put, $"manifests/{reference.Tag}")
        {
            Content = _ => new ByteArrayContent(manifest) { Headers = { ContentType = new MediaTypeHeaderValue(MediaTypes.OciManifest) } },
        };
        using HttpResponseMessage response = await session.SendAsync(request, cancellationToken);
        return manifest;
    }

    private static byte[] Manifest(Descriptor config, IReadOnlyList<Descriptor> blobs) => Encoding.UTF8.GetBytes(new JsonObject
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciManifest,
        ["config"] = Json(config),
        ["layers"] = new JsonArray([.. blobs.Select(blob => (JsonNode)Json(blob))]),
    }.ToJsonString());

    private static JsonObject Json(Descriptor blob) =>
        new() { ["mediaType"] = blob.MediaType, ["digest"] = blob.Digest.ToString(), ["size"] = blob.Size };
}

/// <param name="Digest">Of the manifest.</param>
/// <param name="Size">Of the manifest, bytes.</param>
public sealed record PushedImage(string Tag, Digest Digest, int Size);
