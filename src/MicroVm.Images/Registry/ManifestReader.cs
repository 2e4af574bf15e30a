using System.Text.Json;
using MicroVm.Images.Files;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>Reads manifests and indexes of OCI and Docker. What it is, is told by its members (an OCI manifest may omit its mediaType).</summary>
internal static class ManifestReader
{
    /// <summary>Largest manifest, bytes (distribution-spec asks registries to take at least this).</summary>
    public const int MaxSize = 4 << 20;

    private const int MaxIndexEntries = 1024;

    /// <exception cref="ImageException">Invalid: malformed, schema 1, not an image.</exception>
    public static Manifest Parse(ReadOnlyMemory<byte> blob) => JsonRead.Parse(blob, "image manifest", Read);

    /// <summary>The image that a stored manifest belongs to; null for anything unreadable.</summary>
    public static Digest? ConfigDigestOf(ReadOnlyMemory<byte> blob) => (TryParse(blob) as ImageManifest)?.Config.Digest;

    /// <summary>Null: it can't be read.</summary>
    public static Manifest? TryParse(ReadOnlyMemory<byte> blob)
    {
        try
        {
            return Parse(blob);
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static Manifest Read(JsonElement root)
    {
        string mediaType = root.Text("mediaType") ?? "";
        if (root.Number("schemaVersion") == 1)
        {
            throw new ImageException(
                ImageErrorKind.Invalid,
                "image manifest version 2, schema 1 (of Docker before 1.10) is not supported: push the image again with a current tool");
        }

        bool isIndex = root.TryGetProperty("manifests", out _);
        bool isManifest = root.TryGetProperty("config", out _) || root.TryGetProperty("layers", out _);

        // One document that reads as both would be two images under one digest.
        if (isIndex == isManifest || (isIndex && MediaTypes.IsManifest(mediaType)) || (isManifest && MediaTypes.IsIndex(mediaType)))
        {
            throw new FormatException("neither an image manifest nor an index");
        }

        return isIndex ? ReadIndex(root) : ReadManifest(root);
    }

    private static ImageIndex ReadIndex(JsonElement root) =>
        new([.. root.Items("manifests").Take(MaxIndexEntries).Select(ReadDescriptor).OfType<Descriptor>()]);

    private static ImageManifest ReadManifest(JsonElement root)
    {
        Descriptor config = Required(root.Object("config") ?? throw new FormatException("'config' is missing"));
        if (!MediaTypes.IsImageConfig(config.MediaType))
        {
            throw new ImageException(
                ImageErrorKind.Invalid, $"Encountered remote \"{OneLine.Of(config.MediaType)}\"(unknown) when fetching: not a container image");
        }

        List<Descriptor> layers = [.. root.Items("layers").Take(ImageConfigReader.MaxLayers + 1).Select(Required)];
        if (layers.Count > ImageConfigReader.MaxLayers)
        {
            throw new FormatException($"more than {ImageConfigReader.MaxLayers} layers");
        }

        return layers.Find(layer => !MediaTypes.IsLayer(layer.MediaType)) is { } alien
            ? throw new FormatException($"unsupported layer type \"{OneLine.Of(alien.MediaType)}\"")
            : new(config, layers);
    }

    private static Descriptor Required(JsonElement element) =>
        ReadDescriptor(element) ?? throw new FormatException("a descriptor's digest is not sha256");

    // Null when the digest is of an algorithm that we don't have: in an index another entry may still do.
    private static Descriptor? ReadDescriptor(JsonElement element)
    {
        long size = element.Number("size");
        if (size < 0)
        {
            throw new FormatException("negative size");
        }

        return Digest.TryParse(element.Text("digest"), out Digest digest)
            ? new(element.Text("mediaType") ?? "", digest, size)
            {
                Platform = element.Object("platform") is { } platform ? ReadPlatform(platform) : null,
                Urls = element.Texts("urls") ?? [],
                Annotations = element.TextMap("annotations"),
            }
            : null;
    }

    private static Platform? ReadPlatform(JsonElement element) => element.Text("os") is { Length: > 0 } os
        ? Platform.Normalised(os, element.Text("architecture") ?? "", element.Text("variant"))
        : null;
}
