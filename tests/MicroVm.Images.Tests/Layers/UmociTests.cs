using System.Text.Json.Nodes;
using MicroVm.Images.Tests.Erofs;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Layers;

/// <summary>The root disk against what umoci, an independent implementation, unpacks from the same image.</summary>
public class UmociTests
{
    [Fact]
    public async Task DiskHoldsWhatUmociUnpacks()
    {
        byte[][] layers = NastyImage.Layers;
        using MergedImage image = await MergedImage.OfAsync(layers);
        using var directory = new TemporaryDirectory();
        WriteLayout(directory["layout"], layers);

        Programs.Run("umoci", "unpack", "--image", directory["layout"] + ":nasty", directory["bundle"]);
        IReadOnlyList<FileFacts> unpacked = FileFacts.Parse(
            Programs.Run(Programs.Walk, directory["bundle/rootfs"]));
        Assert.Equal(unpacked.Count, image.Files.Count);
        Assert.All(unpacked.Zip(image.Files), pair => Assert.Equal(pair.First, pair.Second));
    }

    private static void WriteLayout(string layout, byte[][] layers)
    {
        Directory.CreateDirectory(Path.Combine(layout, "blobs/sha256"));
        File.WriteAllText(Path.Combine(layout, "oci-layout"), """{"imageLayoutVersion": "1.0.0"}""");
        JsonArray descriptors = [.. layers.Select(layer => Blob(layout, "application/vnd.oci.image.layer.v1.tar", layer))];
        byte[] config = TestImage.ConfigOf(layers.Select(TestImage.DigestOf));
        JsonObject manifest = Blob(layout, TestImage.OciManifest, TestImage.Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["config"] = Blob(layout, "application/vnd.oci.image.config.v1+json", config),
            ["layers"] = descriptors,
        }));
        manifest["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = "nasty" };
        File.WriteAllBytes(Path.Combine(layout, "index.json"), TestImage.IndexOf(manifest));
    }

    private static JsonObject Blob(string layout, string mediaType, byte[] blob)
    {
        File.WriteAllBytes(Path.Combine(layout, "blobs/sha256", TestImage.DigestOf(blob).Hex), blob);
        return TestImage.Descriptor(mediaType, blob);
    }
}
