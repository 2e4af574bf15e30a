using System.Text;
using MicroVm.Images.Registry;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

public class ManifestReaderTests
{
    private static readonly string s_digest = "sha256:" + new string('a', 64);

    [Theory]
    [InlineData("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip")]
    [InlineData("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")]
    [InlineData("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar")]
    [InlineData("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+zstd")]
    [InlineData("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")]
    public void ReadsDockersAndOcisTypesWithAndWithoutMediaType(string config, string layer)
    {
        foreach (string mediaType in new[] { "", "\"mediaType\":\"application/vnd.docker.distribution.manifest.v2+json\"," })
        {
            var manifest = Assert.IsType<ImageManifest>(Parse(
                $$"""{"schemaVersion":2,{{mediaType}}"config":{"mediaType":"{{config}}","digest":"{{s_digest}}","size":3},"layers":[{"mediaType":"{{layer}}","digest":"{{s_digest}}","size":9,"urls":["https://a/b"]}]}"""));
            Assert.Equal(3, manifest.Config.Size);
            Assert.Equal(["https://a/b"], Assert.Single(manifest.Layers).Urls);
        }
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+gzip+encrypted")]
    [InlineData("application/wasm")]
    [InlineData("")]
    public void RefusesLayersOfOtherTypes(string layer)
    {
        ImageException error = Assert.Throws<ImageException>(() => Parse(
            $$"""{"schemaVersion":2,"config":{"digest":"{{s_digest}}","size":3},"layers":[{"mediaType":"{{layer}}","digest":"{{s_digest}}","size":9}]}"""));
        Assert.Equal($"invalid image manifest: unsupported layer type \"{layer}\"", error.Message);
    }

    [Fact]
    public void RefusesTheTypeOfTheOtherKind() => Assert.Throws<ImageException>(() => Parse(
        $$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","config":{"digest":"{{s_digest}}","size":3},"layers":[]}"""));

    [Fact]
    public void EntriesOfUnknownDigestsAreLeftOutOfAnIndex()
    {
        var index = Assert.IsType<ImageIndex>(Parse(
            $$"""{"schemaVersion":2,"manifests":[{"digest":"sha512:abc","size":1},{"digest":"{{s_digest}}","size":1,"platform":{"os":"linux","architecture":"amd64"} }]}"""));
        Assert.Equal("linux/amd64", Assert.Single(index.Manifests).Platform?.ToString());
    }

    [Fact]
    public void LayersAreBounded()
    {
        string layer = $$"""{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{s_digest}}","size":9}""";
        string layers = string.Join(',', Enumerable.Repeat(layer, 513));
        Assert.Throws<ImageException>(() => Parse($$"""{"schemaVersion":2,"config":{"digest":"{{s_digest}}","size":3},"layers":[{{layers}}]}"""));
    }

    [Fact]
    public void DamagedManifestsNeverBreakTheReader()
    {
        byte[] manifest = TestImage.Create(layerSize: 10).Manifest;
        byte[] index = TestImage.IndexOf(TestImage.Descriptor(TestImage.OciManifest, manifest, "linux/arm/v7"));
        var random = new Random(1234);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] damaged = (byte[])(round % 2 == 0 ? manifest : index).Clone();
            for (int i = random.Next(1, 5); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                ManifestReader.Parse(damaged);
            }
            catch (ImageException e)
            {
                Assert.Equal(ImageErrorKind.Invalid, e.Kind);
            }
        }
    }

    private static Manifest Parse(string json) => ManifestReader.Parse(Encoding.UTF8.GetBytes(json));
}
