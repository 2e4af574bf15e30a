namespace MicroVm.Api.Containers;

/// <summary>The networks to join at create, by name or id.</summary>
public sealed record NetworkingConfig
{
    public IReadOnlyDictionary<string, EndpointSettings?>? EndpointsConfig { get; init; }
}
