using System.Text.Json.Serialization;

namespace MicroVm.Api.Volumes;

/// <summary>A volume, as create, inspect and list tell of it.</summary>
public sealed record VolumeDocument
{
    /// <summary>RFC 3339.</summary>
    public string CreatedAt { get; init; } = "";

    public string Driver { get; init; } = "";

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Path of its files on the host.</summary>
    public string Mountpoint { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>Of the driver; null: none.</summary>
    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>local or global.</summary>
    public string Scope { get; init; } = "";

    /// <summary>Told by <c>/system/df</c> alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public VolumeUsage? UsageData { get; init; }
}

/// <param name="RefCount">Containers that have it.</param>
/// <param name="Size">Bytes; -1: not known.</param>
public sealed record VolumeUsage(long RefCount, long Size);
