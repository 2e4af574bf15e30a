using System.Diagnostics.CodeAnalysis;
using MicroVm.Images.References;

namespace MicroVm.Images.Store;

/// <summary>What a user may call an image, in Docker's order: full id, name, unambiguous prefix of an id.</summary>
internal static class ImageSearch
{
    public static ImageRecord? Find(ImageCatalog catalog, string nameOrId)
    {
        if (TryFullId(nameOrId, out Digest id))
        {
            return catalog.Get(id);
        }

        if (ImageReference.TryParse(nameOrId, out ImageReference? reference) && catalog.Find(reference) is { } named)
        {
            return catalog.Get(named);
        }

        return FindByPrefix(catalog, nameOrId);
    }

    /// <summary>Whether <paramref name="nameOrId"/>, which found the image, did so by a name; that name as it is stored.</summary>
    public static bool IsNameOf(ImageCatalog catalog, string nameOrId, ImageRecord image, [NotNullWhen(true)] out ImageReference? name)
    {
        name = null;
        if (TryFullId(nameOrId, out _)
            || !ImageReference.TryParse(nameOrId, out ImageReference? reference) || catalog.Find(reference) != image.Id)
        {
            return false;
        }

        name = reference.Digest is null ? reference : reference with { Tag = null };
        return true;
    }

    /// <summary>Docker's words: a name is shown with its tag, an id as it was typed.</summary>
    public static ImageException NotFound(string nameOrId)
    {
        string shown = !TryFullId(nameOrId, out _) && ImageReference.TryParse(nameOrId, out ImageReference? reference)
            ? reference.Familiar
            : Files.OneLine.Of(nameOrId);
        return new(ImageErrorKind.NotFound, $"No such image: {shown}");
    }

    private static bool TryFullId(string text, out Digest id) =>
        Digest.TryParse(text, out id) || Digest.TryParse(Digest.Prefix + text, out id);

    private static ImageRecord? FindByPrefix(ImageCatalog catalog, string text)
    {
        string prefix = text.StartsWith(Digest.Prefix, StringComparison.Ordinal) ? text[Digest.Prefix.Length..] : text;
        if (prefix.Length is 0 or > 64)
        {
            return null;
        }

        List<ImageRecord> matches = [.. catalog.All.Where(image => image.Id.Hex.StartsWith(prefix, StringComparison.Ordinal)).Take(2)];
        return matches.Count == 1 ? matches[0] : null;
    }
}
