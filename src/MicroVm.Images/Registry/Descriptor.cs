namespace MicroVm.Images.Registry;

/// <summary>Points at a blob or a manifest (OCI image-spec, descriptor.md).</summary>
/// <param name="Size">Bytes, not negative.</param>
internal sealed record Descriptor(string MediaType, Digest Digest, long Size)
{
    public Platform? Platform { get; init; }

    /// <summary>Where else a foreign layer can be had.</summary>
    public IReadOnlyList<string> Urls { get; init; } = [];

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>The first twelve digits, as Docker shows a layer.</summary>
    public string ShortId => Digest.Hex[..12];
}

/// <summary>Either of the two kinds of manifest.</summary>
internal abstract record Manifest;

/// <summary>One image: its configuration, its compressed layers, lowest first.</summary>
internal sealed record ImageManifest(Descriptor Config, IReadOnlyList<Descriptor> Layers) : Manifest;

/// <summary>Images for several platforms.</summary>
internal sealed record ImageIndex(IReadOnlyList<Descriptor> Manifests) : Manifest;
