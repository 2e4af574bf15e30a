using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>Which entries of an index may be the image for a platform, best first.</summary>
internal static class IndexSelection
{
    // BuildKit lists attestations beside the images that they attest.
    private const string AttestationAnnotation = "vnd.docker.reference.type";
    private const int RankWithoutPlatform = 1000;

    public static IEnumerable<Descriptor> Candidates(ImageIndex index, Platform platform) =>
        from descriptor in index.Manifests
        where MediaTypes.IsIndex(descriptor.MediaType) || MediaTypes.IsManifest(descriptor.MediaType)
        where !descriptor.Annotations.ContainsKey(AttestationAnnotation)
        let rank = descriptor.Platform is { } offered ? platform.RankOf(offered) : RankWithoutPlatform
        where rank is not null
        orderby rank
        select descriptor;

    public static int? RankOf(Platform platform, ImageConfig config) => platform.RankOf(PlatformOf(config));

    public static Platform PlatformOf(ImageConfig config) => Platform.Normalised(config.Os, config.Architecture, config.Variant);
}
