using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>A mount as it is.</summary>
public sealed record MountPoint
{
    /// <summary>bind, volume, tmpfs.</summary>
    public string Type { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Name { get; init; }

    public string Source { get; init; } = "";

    public string Destination { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Driver { get; init; }

    public string Mode { get; init; } = "";

    public bool RW { get; init; }

    public string Propagation { get; init; } = "";
}
