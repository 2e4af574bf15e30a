using System.Text.Json.Serialization;

namespace MicroVm.Api.Volumes;

/// <summary>Body of <c>POST /volumes/create</c>.</summary>
public sealed record VolumeCreateRequest
{
    /// <summary>Empty: an anonymous volume.</summary>
    public string? Name { get; init; }

    public string? Driver { get; init; }

    public IReadOnlyDictionary<string, string?>? DriverOpts { get; init; }

    public IReadOnlyDictionary<string, string?>? Labels { get; init; }

    /// <summary>Of Swarm's volumes only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EmptyObject? ClusterVolumeSpec { get; init; }
}
