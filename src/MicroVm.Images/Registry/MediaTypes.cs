namespace MicroVm.Images.Registry;

/// <summary>Media types of OCI image-spec (media-types.md) and of Docker's image manifest v2 schema 2.</summary>
internal static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciConfig = "application/vnd.oci.image.config.v1+json";
    public const string OciLayer = "application/vnd.oci.image.layer.v1.tar";
    public const string OciLayerGzip = OciLayer + "+gzip";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    private const string OciLayerPrefix = "application/vnd.oci.image.layer.";
    private const string DockerLayerPrefix = "application/vnd.docker.image.rootfs.";

    /// <summary>What a manifest request accepts.</summary>
    public static IReadOnlyList<string> Manifests { get; } = [OciIndex, OciManifest, DockerList, DockerManifest];

    /// <summary>A layer's type as an OCI manifest has it.</summary>
    public static string OciOf(string layer) => layer switch
    {
        DockerLayerPrefix + "diff.tar.gzip" => OciLayerGzip,
        DockerLayerPrefix + "diff.tar" => OciLayer,
        _ => layer,
    };

    public static bool IsIndex(string mediaType) => mediaType is OciIndex or DockerList;

    public static bool IsManifest(string mediaType) => mediaType is OciManifest or DockerManifest;

    // Registries of old served configurations under the generic types; Docker takes them, so do we.
    public static bool IsImageConfig(string mediaType) =>
        mediaType is OciConfig or DockerConfig or "application/octet-stream" or "application/json" or "text/html" or "";

    /// <summary>A tar, compressed or not: what it is compressed with is read from its first bytes.</summary>
    public static bool IsLayer(string mediaType) =>
        (mediaType.StartsWith(OciLayerPrefix, StringComparison.Ordinal) || mediaType.StartsWith(DockerLayerPrefix, StringComparison.Ordinal))
        && !mediaType.Contains("encrypted", StringComparison.Ordinal);
}
