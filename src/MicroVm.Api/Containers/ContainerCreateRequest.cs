using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>Body of <c>POST /containers/create</c>; the name goes in the query.</summary>
public sealed record ContainerCreateRequest : ContainerConfig
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HostConfig? HostConfig { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkingConfig? NetworkingConfig { get; init; }
}
