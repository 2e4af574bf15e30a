using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>A layer's compressed form in a registry's repository, as a manifest that we have says.</summary>
/// <param name="Repository">Of the same registry; null: of another one, so that only its digest can be asked for.</param>
internal sealed record KnownBlob(Descriptor Blob, string? Repository);

/// <summary>Where layers have come from, and gone to, before.</summary>
internal sealed class KnownBlobs(ImageCatalog catalog, ImageReference target)
{
    private readonly ILookup<Digest, ImageManifest> _manifests = catalog.Manifests().ToLookup(manifest => manifest.Config.Digest);

    /// <summary>Those of the target's own repository first, then of its registry.</summary>
    public IReadOnlyList<KnownBlob> Of(Digest diffId)
    {
        IEnumerable<KnownBlob> known =
            from image in catalog.All
            where image.DiffIds.Contains(diffId)
            from manifest in _manifests[image.Id]
            let blob = BlobOf(manifest, image, diffId)
            where blob is not null
            from name in catalog.NamesOf(image.Id)
            where name.Digest is not null
            select new KnownBlob(blob, name.Domain == target.Domain ? name.Path : null);
        return
        [
            .. known.Distinct().OrderByDescending(one => one.Repository == target.Path).ThenByDescending(one => one.Repository is not null),
        ];
    }

    private static Descriptor? BlobOf(ImageManifest manifest, ImageRecord image, Digest diffId)
    {
        if (manifest.Layers.Count != image.DiffIds.Count)
        {
            return null;
        }

        Descriptor blob = manifest.Layers[image.DiffIds.ToList().IndexOf(diffId)];
        return blob.Urls.Count == 0 ? new(MediaTypes.OciOf(blob.MediaType), blob.Digest, blob.Size) : null;
    }
}
