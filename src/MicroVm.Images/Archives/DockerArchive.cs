using System.Text.Json;
using MicroVm.Images.Files;
using MicroVm.Images.References;

namespace MicroVm.Images.Archives;

/// <summary>What <c>docker save</c> writes: manifest.json names configurations, layers, and tags.</summary>
internal static class DockerArchive
{
    public const string ManifestName = "manifest.json";

    public static IReadOnlyList<ArchiveImage> Read(ArchiveContents contents) =>
        [.. JsonRead.Parse(contents.RequiredFile(ManifestName), ManifestName, ReadItems).Select(item => ReadImage(contents, item))];

    private static List<Item> ReadItems(JsonElement root)
    {
        List<Item> items =
        [
            .. root.EnumerateArray().Take(ArchiveLimits.MaxImages).Select(item => new Item(
                item.Text("Config") ?? throw new FormatException("'Config' is missing"),
                item.Texts("Layers") ?? [],
                item.Texts("RepoTags") ?? [])),
        ];
        return items.Sum(item => item.RepoTags.Count) <= ArchiveLimits.MaxImages ? items : throw new FormatException("too many tags");
    }

    private static ArchiveImage ReadImage(ArchiveContents contents, Item item)
    {
        byte[] config = contents.RequiredFile(item.Config);
        if (ArchiveContents.DigestIn(ArchiveContents.Normalise(item.Config)) is { } promised
            && Digest.Of(config) != promised)
        {
            throw new ImageException(ImageErrorKind.Corrupt, $"image configuration does not match its digest {promised}");
        }

        return ArchiveImage.Checked(config, contents.Config(config), [], [.. item.Layers.Select(contents.Layer)], [.. item.RepoTags.Select(ParseTag)]);
    }

    private static ImageReference ParseTag(string text) =>
        ImageReference.TryParse(text, out ImageReference? reference) && reference.Digest is null
            ? reference
            : throw new ImageException(ImageErrorKind.Invalid, $"invalid tag \"{OneLine.Of(text)}\"");

    private sealed record Item(string Config, IReadOnlyList<string> Layers, IReadOnlyList<string> RepoTags);
}
