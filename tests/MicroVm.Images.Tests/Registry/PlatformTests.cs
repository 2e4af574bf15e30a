using System.Text.Json.Nodes;
using MicroVm.Images.Registry;
using MicroVm.Images.Tests.Support;

namespace MicroVm.Images.Tests.Registry;

public class PlatformTests
{
    [Theory]
    [InlineData(null, "linux/amd64")]
    [InlineData("linux", "linux/amd64")]
    [InlineData("amd64", "linux/amd64")]
    [InlineData("linux/x86_64", "linux/amd64")]
    [InlineData("linux/amd64/v1", "linux/amd64")]
    [InlineData("linux/amd64/v3", "linux/amd64/v3")]
    [InlineData("linux/aarch64", "linux/arm64")]
    [InlineData("linux/arm64/v8", "linux/arm64")]
    [InlineData("linux/arm", "linux/arm/v7")]
    [InlineData("linux/armhf", "linux/arm/v7")]
    [InlineData("linux/armel", "linux/arm/v6")]
    [InlineData("Linux/ARM64", "linux/arm64")]
    public void ParseNormalises(string? text, string expected) => Assert.Equal(expected, Platform.Parse(text).ToString());

    [Theory]
    [InlineData("a/b/c/d")]
    [InlineData("linux/")]
    [InlineData("linux/am d64")]
    public void ParseRefuses(string text) =>
        Assert.Equal(ImageErrorKind.Invalid, Assert.Throws<ImageException>(() => Platform.Parse(text)).Kind);

    [Theory]
    [InlineData("linux/amd64", "linux/amd64", 0)]
    [InlineData("linux/amd64", "linux/amd64/v2", null)]
    [InlineData("linux/amd64/v3", "linux/amd64/v2", 1)]
    [InlineData("linux/amd64/v3", "linux/amd64", 2)]
    [InlineData("linux/arm/v7", "linux/arm/v6", 1)]
    [InlineData("linux/arm/v7", "linux/arm/v5", 2)]
    [InlineData("linux/arm/v6", "linux/arm/v7", null)]
    [InlineData("linux/arm64", "linux/arm/v7", null)]
    [InlineData("linux/arm64/v9", "linux/arm64", 1)]
    [InlineData("linux/amd64", "windows/amd64", null)]
    public void Ranks(string wanted, string offered, int? rank) =>
        Assert.Equal(rank, Platform.Parse(wanted).RankOf(Platform.Parse(offered)));

    [Theory]
    [InlineData(null, 0)]
    [InlineData("linux/arm64", 1)]
    [InlineData("linux/arm/v7", 2)]
    [InlineData("linux/arm/v6", 3)]
    public async Task IndexGivesTheImageOfThePlatform(string? platform, int expected)
    {
        TestImage[] images =
        [
            TestImage.Create(seed: 1),
            TestImage.Create(seed: 2, architecture: "arm64", variant: "v8"),
            TestImage.Create(seed: 3, architecture: "arm", variant: "v7"),
            TestImage.Create(seed: 4, architecture: "arm", variant: "v5"),
        ];
        string[] platforms = ["linux/amd64", "linux/arm64/v8", "linux/arm/v7", "linux/arm/v5"];
        JsonObject attestation = TestImage.Descriptor(TestImage.OciManifest, "attestation"u8.ToArray(), "unknown/unknown");
        attestation["annotations"] = new JsonObject { ["vnd.docker.reference.type"] = "attestation-manifest" };
        byte[] index = TestImage.IndexOf(
            [attestation, .. images.Select((image, i) => TestImage.Descriptor(TestImage.OciManifest, image.Manifest, platforms[i])).Reverse()]);

        (Digest id, Digest shown) = await PullAsync(index, images, platform);

        Assert.Equal(images[expected].Id, id);
        Assert.Equal(TestImage.DigestOf(index), shown);
    }

    [Fact]
    public async Task NestedIndexIsFollowed()
    {
        var image = TestImage.Create();
        byte[] inner = TestImage.IndexOf(TestImage.Descriptor(TestImage.OciManifest, image.Manifest, "linux/amd64"));
        byte[] outer = TestImage.IndexOf(TestImage.Descriptor(TestImage.OciIndex, inner));
        (Digest id, _) = await PullAsync(outer, [image], null, inner);
        Assert.Equal(image.Id, id);
    }

    [Fact]
    public async Task IndexThatHoldsItselfDeepDownIsRefused()
    {
        byte[] index = TestImage.IndexOf();
        List<byte[]> nested = [];
        for (int i = 0; i < 6; i++)
        {
            nested.Add(index);
            index = TestImage.IndexOf(TestImage.Descriptor(TestImage.OciIndex, index), TestImage.Descriptor(TestImage.OciIndex, index));
        }

        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PullAsync(index, [], null, [.. nested]));
        Assert.Equal("no matching manifest for linux/amd64 in the manifest list entries", error.Message);
    }

    [Fact]
    public async Task EntryWithoutPlatformIsJudgedByItsConfiguration()
    {
        var other = TestImage.Create(seed: 1, architecture: "s390x");
        var ours = TestImage.Create(seed: 2);
        byte[] index = TestImage.IndexOf(
            TestImage.Descriptor(TestImage.OciManifest, other.Manifest), TestImage.Descriptor(TestImage.OciManifest, ours.Manifest));
        (Digest id, _) = await PullAsync(index, [other, ours], null);
        Assert.Equal(ours.Id, id);
    }

    [Fact]
    public async Task NoMatch()
    {
        var image = TestImage.Create();
        byte[] index = TestImage.IndexOf(TestImage.Descriptor(TestImage.OciManifest, image.Manifest, "linux/amd64"));
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PullAsync(index, [image], "linux/arm64"));
        Assert.Equal("no matching manifest for linux/arm64 in the manifest list entries", error.Message);
        Assert.Equal(ImageErrorKind.NotFound, error.Kind);
    }

    [Fact]
    public async Task LoneManifestOfAnotherPlatformOnlyWithoutBeingAskedFor()
    {
        var image = TestImage.Create(architecture: "arm64");
        (Digest id, _) = await PullAsync(image.Manifest, [image], null);
        Assert.Equal(image.Id, id);
        ImageException error = await Assert.ThrowsAsync<ImageException>(() => PullAsync(image.Manifest, [image], "linux/amd64"));
        Assert.EndsWith("does not match the specified platform: wanted linux/amd64, actual: linux/arm64", error.Message, StringComparison.Ordinal);
    }

    private static async Task<(Digest Id, Digest Shown)> PullAsync(byte[] top, TestImage[] images, string? platform, params byte[][] indexes)
    {
        await using StubRegistry registry = await StubRegistry.StartAsync();
        foreach (TestImage image in images)
        {
            registry.Add("app", image.Id.Hex, image);
        }

        foreach (byte[] index in indexes)
        {
            registry.AddManifest("app", "inner", index, TestImage.OciIndex);
        }

        registry.AddManifest("app", "1", top, TestImage.OciIndex);
        using var store = new TestStore();
        Images.Store.StoredImage stored = await store.PullAsync($"{registry.Host}/app:1", new(platform));
        return (stored.Id, Digest.Parse(Assert.Single(stored.RepoDigests).Split('@')[1]));
    }
}
