using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>One of <c>GET /containers/json</c>.</summary>
public sealed record ContainerSummary
{
    public string Id { get; init; } = "";

    /// <summary>With the leading slash.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    public string Image { get; init; } = "";

    public string ImageID { get; init; } = "";

    public string Command { get; init; } = "";

    /// <summary>Unix seconds.</summary>
    public long Created { get; init; }

    public IReadOnlyList<ContainerPort> Ports { get; init; } = [];

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeRw { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeRootFs { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>running, exited …</summary>
    public string State { get; init; } = "";

    /// <summary>"Up 3 minutes", "Exited (0) 2 hours ago".</summary>
    public string Status { get; init; } = "";

    public SummaryHostConfig HostConfig { get; init; } = new("");

    public SummaryNetworkSettings NetworkSettings { get; init; } = new(new Dictionary<string, EndpointSettings>());

    public IReadOnlyList<MountPoint> Mounts { get; init; } = [];
}

public sealed record SummaryHostConfig(string NetworkMode);

public sealed record SummaryNetworkSettings(IReadOnlyDictionary<string, EndpointSettings> Networks);
