namespace MicroVm.Api.Images;

/// <summary>One of <c>GET /images/{name}/history</c>, newest first.</summary>
public sealed record ImageHistoryItem
{
    public string Id { get; init; } = "<missing>";

    /// <summary>Unix seconds.</summary>
    public long Created { get; init; }

    public string CreatedBy { get; init; } = "";

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Bytes.</summary>
    public long Size { get; init; }

    public string Comment { get; init; } = "";
}
