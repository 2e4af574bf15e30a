using System.Text;
using System.Text.Json.Nodes;

namespace MicroVm.Images.Tests.Support;

/// <summary>Archives as the tools write them, in memory.</summary>
internal static class TestArchive
{
    /// <summary>As <c>docker save</c> before 25: ID/layer.tar and HEX.json.</summary>
    public static byte[] Docker(TestImage image, params string[] tags) => TestImage.TarOf(DockerFiles(image, tags));

    public static (string Name, byte[] Content)[] DockerFiles(TestImage image, params string[] tags)
    {
        var manifest = new JsonArray(new JsonObject
        {
            ["Config"] = $"{image.Id.Hex}.json",
            ["RepoTags"] = new JsonArray([.. tags.Select(tag => (JsonNode)tag)]),
            ["Layers"] = new JsonArray([.. image.Layers.Select((_, i) => (JsonNode)$"{i}/layer.tar")]),
        });
        return
        [
            .. image.Layers.Select((layer, i) => ($"{i}/layer.tar", layer.Tar)),
            ($"{image.Id.Hex}.json", image.Config),
            ("manifest.json", TestImage.Bytes(manifest)),
        ];
    }

    public static byte[] Oci(TestImage image, string? annotation = null, string value = "") =>
        TestImage.TarOf(OciFiles(image, annotation, value));

    public static (string Name, byte[] Content)[] OciFiles(TestImage image, string? annotation = null, string value = "")
    {
        JsonObject descriptor = TestImage.Descriptor(TestImage.OciManifest, image.Manifest);
        if (annotation is not null)
        {
            descriptor["annotations"] = new JsonObject { [annotation] = value };
        }

        return
        [
            ("oci-layout", Encoding.ASCII.GetBytes("""{"imageLayoutVersion":"1.0.0"}""")),
            ("index.json", TestImage.IndexOf(descriptor)),
            .. Blobs(image),
        ];
    }

    public static IEnumerable<(string Name, byte[] Content)> Blobs(TestImage image) =>
        new[] { image.Manifest, image.Config }.Concat(image.Layers.Select(layer => layer.Blob)).Select(Blob);

    public static (string Name, byte[] Content) Blob(byte[] content) => ($"blobs/sha256/{TestImage.DigestOf(content).Hex}", content);
}
