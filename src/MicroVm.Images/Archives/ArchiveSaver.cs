using System.Text.Json.Nodes;
using MicroVm.Images.Layers;
using MicroVm.Images.References;
using MicroVm.Images.Registry;
using MicroVm.Images.Store;

namespace MicroVm.Images.Archives;

/// <summary>
/// Writes images as one archive that is a docker-archive and an OCI layout at once, as Docker does: <c>blobs/sha256</c>, <c>index.json</c>,
/// <c>manifest.json</c> and <c>oci-layout</c>. Layers are uncompressed, each once.
/// </summary>
internal sealed class ArchiveSaver(ImageCatalog catalog, ILayerStore layers)
{

    public async Task SaveAsync(IReadOnlyList<SavedImage> images, Stream target, CancellationToken cancellationToken)
    {
        ArchiveWriter archive = new(target);
        JsonArray index = [];
        JsonArray list = [];
        foreach (Digest diffId in images.SelectMany(saved => saved.Image.DiffIds).Distinct())
        {
            await using Stream layer = layers.OpenTar(diffId);
            await archive.AddAsync(BlobPath(diffId), layer, layers.Get(diffId).TarSize, cancellationToken);
        }

        foreach (SavedImage saved in images)
        {
            byte[] config = catalog.ReadConfig(saved.Image.Id);
            byte[] manifest = Bytes(Manifest(saved.Image, config.Length));
            await archive.AddAsync(BlobPath(saved.Image.Id), config, cancellationToken);
            await archive.AddAsync(BlobPath(Digest.Of(manifest)), manifest, cancellationToken);
            list.Add((JsonNode)ListItem(saved));
            AddToIndex(index, saved, Descriptor(MediaTypes.OciManifest, Digest.Of(manifest), manifest.Length));
        }

        JsonObject layout = new() { ["schemaVersion"] = 2, ["mediaType"] = MediaTypes.OciIndex, ["manifests"] = index };
        await archive.AddAsync("index.json", Bytes(layout), cancellationToken);
        await archive.AddAsync("manifest.json", Bytes(list), cancellationToken);
        await archive.AddAsync("oci-layout", Bytes(new JsonObject { ["imageLayoutVersion"] = "1.0.0" }), cancellationToken);
        await archive.CompleteAsync(cancellationToken);
    }

    private static JsonObject ListItem(SavedImage saved) => new()
    {
        ["Config"] = BlobPath(saved.Image.Id),
        ["RepoTags"] = new JsonArray([.. saved.Names.Select(name => (JsonNode)name.Familiar)]),
        ["Layers"] = new JsonArray([.. saved.Image.DiffIds.Select(diffId => (JsonNode)BlobPath(diffId))]),
    };

    private JsonObject Manifest(ImageRecord image, int configSize) => new()
    {
        ["schemaVersion"] = 2,
        ["mediaType"] = MediaTypes.OciManifest,
        ["config"] = Descriptor(MediaTypes.OciConfig, image.Id, configSize),
        ["layers"] = new JsonArray(
            [.. image.DiffIds.Select(diffId => (JsonNode)Descriptor(MediaTypes.OciLayer, diffId, layers.Get(diffId).TarSize))]),
    };

    /// <summary>Once for each name, as OCI's layouts have it.</summary>
    private static void AddToIndex(JsonArray index, SavedImage saved, JsonObject descriptor)
    {
        if (saved.Names.Count == 0)
        {
            index.Add((JsonNode)descriptor);
        }

        foreach (ImageReference name in saved.Names)
        {
            JsonNode named = descriptor.DeepClone();
            named["annotations"] = new JsonObject
            {
                ["io.containerd.image.name"] = name.ToString(),
                ["org.opencontainers.image.ref.name"] = name.Tag,
            };
            index.Add(named);
        }
    }

    private static JsonObject Descriptor(string mediaType, Digest digest, long size) =>
        new() { ["mediaType"] = mediaType, ["digest"] = digest.ToString(), ["size"] = size };

    private static string BlobPath(Digest digest) => "blobs/sha256/" + digest.Hex;

    private static byte[] Bytes(JsonNode node) => System.Text.Encoding.UTF8.GetBytes(node.ToJsonString());
}
