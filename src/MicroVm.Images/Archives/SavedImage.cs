using MicroVm.Images.References;
using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <param name="Names">With tags; none: the image was asked for by its id.</param>
internal sealed record SavedImage(ImageRecord Image, IReadOnlyList<ImageReference> Names)
{
    /// <summary>What <c>docker save NAME…</c> means by its names: an id, one tag, or every tag of a repository.</summary>
    /// <exception cref="ImageException">NotFound: one names nothing.</exception>
    public static IReadOnlyList<SavedImage> Of(ImageCatalog catalog, IReadOnlyList<string> names)
    {
        Dictionary<Digest, List<ImageReference>> found = [];
        List<ImageRecord> images = [];
        foreach ((ImageRecord image, ImageReference? name) in names.SelectMany(name => Find(catalog, name)))
        {
            if (found.TryAdd(image.Id, []))
            {
                images.Add(image);
            }

            if (name is not null && !found[image.Id].Contains(name))
            {
                found[image.Id].Add(name);
            }
        }

        return [.. images.Select(image => new SavedImage(image, found[image.Id]))];
    }

    private static List<(ImageRecord Image, ImageReference? Name)> Find(ImageCatalog catalog, string text)
    {
        if (ImageReference.IsNameOnly(text) && ImageReference.TryParse(text, out ImageReference? repository))
        {
            List<(ImageRecord Image, ImageReference? Name)> tagged = [.. catalog.All.SelectMany(image => catalog.NamesOf(image.Id)
                .Where(name => name.Name == repository.Name && name.Tag is not null)
                .Select(name => (image, (ImageReference?)name)))];
            if (tagged.Count > 0)
            {
                return tagged;
            }
        }

        ImageRecord found = ImageSearch.Find(catalog, text) ?? throw ImageSearch.NotFound(text);
        return [(found, ImageSearch.IsNameOf(catalog, text, found, out ImageReference? name) && name.Tag is not null ? name : null)];
    }
}
