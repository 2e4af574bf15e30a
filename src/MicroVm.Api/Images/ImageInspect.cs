using System.Text.Json.Serialization;
using MicroVm.Api.Containers;

namespace MicroVm.Api.Images;

/// <summary>Answer of <c>GET /images/{name}/json</c>.</summary>
public sealed record ImageInspect
{
    public string Id { get; init; } = "";

    public IReadOnlyList<string> RepoTags { get; init; } = [];

    public IReadOnlyList<string> RepoDigests { get; init; } = [];

    public string Parent { get; init; } = "";

    public string Comment { get; init; } = "";

    /// <summary>RFC 3339; absent when the image does not say.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Created { get; init; }

    public string DockerVersion { get; init; } = "";

    public string Author { get; init; } = "";

    public ContainerConfig? Config { get; init; }

    public string Architecture { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Variant { get; init; }

    public string Os { get; init; } = "";

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public GraphDriver GraphDriver { get; init; } = new("", null);

    public RootFs RootFS { get; init; } = new("layers", []);

    public ImageMetadata Metadata { get; init; } = new(null);
}

/// <param name="Layers">diff_ids, lowest first.</param>
public sealed record RootFs(string Type, IReadOnlyList<string>? Layers);

public sealed record ImageMetadata(string? LastTagTime);
