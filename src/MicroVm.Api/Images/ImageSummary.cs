namespace MicroVm.Api.Images;

/// <summary>One of <c>GET /images/json</c>.</summary>
public sealed record ImageSummary
{
    /// <summary>Containers made from it; -1: not counted.</summary>
    public long Containers { get; init; } = -1;

    /// <summary>Unix seconds.</summary>
    public long Created { get; init; }

    /// <summary>sha256:…</summary>
    public string Id { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string ParentId { get; init; } = "";

    public IReadOnlyList<string> RepoDigests { get; init; } = [];

    public IReadOnlyList<string> RepoTags { get; init; } = [];

    /// <summary>Bytes shared with other images; -1: not counted.</summary>
    public long SharedSize { get; init; } = -1;

    /// <summary>Bytes.</summary>
    public long Size { get; init; }
}
