using System.Net;
using System.Net.Http.Headers;
using MicroVm.Images.Layers;

namespace MicroVm.Images.Registry;

/// <summary>Puts blobs into a repository (OCI distribution-spec, "Pushing blobs"): only what is not there, and by reference where that is possible.</summary>
internal sealed class BlobUpload(RegistrySession session, ILayerStore layers)
{
    private const string Octets = "application/octet-stream";

    /// <summary>Whether the repository has it.</summary>
    public async Task<bool> ExistsAsync(Digest digest, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await session.SendAsync(new(HttpMethod.Head, $"blobs/{digest}"), cancellationToken);
            return true;
        }
        catch (RegistryFailure e) when (e.Status == HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <summary>Takes a blob over from another repository of the registry; false: it has to be sent.</summary>
    public async Task<bool> MountAsync(Digest digest, string repository, CancellationToken cancellationToken)
    {
        string path = $"blobs/uploads/?mount={digest}&from={Uri.EscapeDataString(repository)}";
        using HttpResponseMessage response = await session.SendAsync(new(HttpMethod.Post, path), cancellationToken);
        if (response.StatusCode == HttpStatusCode.Created)
        {
            return true;
        }

        await CancelAsync(LocationOf(response), cancellationToken);
        return false;
    }

    /// <summary>Sends a small blob whole.</summary>
    public async Task PutAsync(byte[] blob, CancellationToken cancellationToken)
    {
        Uri location = await BeginAsync(cancellationToken);
        using HttpResponseMessage response = await session.SendAsync(
            WithDigest(location, Digest.Of(blob)), new(HttpMethod.Put, "") { Content = _ => Typed(new ByteArrayContent(blob)) }, cancellationToken);
    }

    /// <summary>Compresses and sends a layer.</summary>
    /// <param name="advanced">Called with the bytes of its tar that are on their way.</param>
    public async Task<Descriptor> PutLayerAsync(Digest diffId, Action<long> advanced, CancellationToken cancellationToken)
    {
        PackedLayerContent? content = null;
        HttpContent Pack(Action moved) => Typed(content = new(layers.OpenTar(diffId), done =>
        {
            moved();
            advanced(done);
        }));

        Uri location = await BeginAsync(cancellationToken);
        using (HttpResponseMessage sent = await session.SendAsync(location, new(HttpMethod.Patch, "") { Content = Pack }, cancellationToken))
        {
            location = LocationOf(sent);
        }

        (Digest digest, long size) = content!.Packed ?? throw new InvalidOperationException("a registry answered before it had the layer");
        using HttpResponseMessage response = await session.SendAsync(WithDigest(location, digest), new(HttpMethod.Put, ""), cancellationToken);
        return new(MediaTypes.OciLayerGzip, digest, size);
    }

    private async Task<Uri> BeginAsync(CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await session.SendAsync(new(HttpMethod.Post, "blobs/uploads/"), cancellationToken);
        return LocationOf(response);
    }

    private async Task CancelAsync(Uri location, CancellationToken cancellationToken)
    {
        try
        {
            using HttpResponseMessage response = await session.SendAsync(location, new(HttpMethod.Delete, ""), cancellationToken);
        }
        catch (RegistryFailure)
        {
            // Not every registry knows how; it forgets the upload by itself.
        }
    }

    private static Uri LocationOf(HttpResponseMessage response) => response.Headers.Location
        ?? throw RegistryFailure.Refused(HttpStatusCode.BadGateway, "", "the registry does not say where the upload goes");

    private static Uri WithDigest(Uri location, Digest digest)
    {
        string text = location.OriginalString;
        return new($"{text}{(text.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={Uri.EscapeDataString(digest.ToString())}", UriKind.RelativeOrAbsolute);
    }

    private static HttpContent Typed(HttpContent content)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue(Octets);
        return content;
    }
}
