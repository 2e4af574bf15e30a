using System.Text.Json.Serialization;

namespace MicroVm.Api.Networks;

/// <summary>One network, in <c>GET /networks</c> and <c>GET /networks/{id}</c>.</summary>
public sealed record NetworkResource
{
    public string Name { get; init; } = "";

    public string Id { get; init; } = "";

    public string Created { get; init; } = "";

    public string Scope { get; init; } = "local";

    public string Driver { get; init; } = "";

    public bool EnableIPv4 { get; init; } = true;

    public bool EnableIPv6 { get; init; }

    public NetworkIpam IPAM { get; init; } = new();

    public bool Internal { get; init; }

    public bool Attachable { get; init; }

    public bool Ingress { get; init; }

    public ConfigReference ConfigFrom { get; init; } = new("");

    public bool ConfigOnly { get; init; }

    /// <summary>The running containers, by id.</summary>
    public IReadOnlyDictionary<string, EndpointResource> Containers { get; init; } = new Dictionary<string, EndpointResource>();

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>A network that another is configured by; there are none.</summary>
public sealed record ConfigReference(string Network);

/// <summary>A container's place on a network, as the network has it.</summary>
/// <param name="IPv4Address">ADDRESS/LENGTH.</param>
public sealed record EndpointResource(string Name, string EndpointID, string MacAddress, string IPv4Address, string IPv6Address);

/// <summary>Where addresses come from.</summary>
public sealed record NetworkIpam
{
    public string? Driver { get; init; } = "default";

    public IReadOnlyDictionary<string, string>? Options { get; init; }

    public IReadOnlyList<NetworkIpamConfig>? Config { get; init; } = [];
}

/// <summary>One block of addresses.</summary>
public sealed record NetworkIpamConfig
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Subnet { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IPRange { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Gateway { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? AuxiliaryAddresses { get; init; }
}
