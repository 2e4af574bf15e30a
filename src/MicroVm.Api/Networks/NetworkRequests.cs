using MicroVm.Api.Containers;

namespace MicroVm.Api.Networks;

/// <summary>The body of <c>POST /networks/create</c>.</summary>
public sealed record NetworkCreateRequest
{
    public string? Name { get; init; }

    /// <summary>Names are unique whatever it says.</summary>
    public bool CheckDuplicate { get; init; }

    public string? Driver { get; init; }

    public string? Scope { get; init; }

    public bool? EnableIPv4 { get; init; }

    public bool? EnableIPv6 { get; init; }

    public NetworkIpam? IPAM { get; init; }

    public bool Internal { get; init; }

    public bool Attachable { get; init; }

    public bool Ingress { get; init; }

    public bool ConfigOnly { get; init; }

    public ConfigReference? ConfigFrom { get; init; }

    public IReadOnlyDictionary<string, string?>? Options { get; init; }

    public IReadOnlyDictionary<string, string?>? Labels { get; init; }
}

public sealed record NetworkCreateResponse(string Id, string Warning);

/// <summary>The body of <c>POST /networks/{id}/connect</c>.</summary>
public sealed record NetworkConnectRequest
{
    public string? Container { get; init; }

    public EndpointSettings? EndpointConfig { get; init; }
}

/// <summary>The body of <c>POST /networks/{id}/disconnect</c>.</summary>
public sealed record NetworkDisconnectRequest
{
    public string? Container { get; init; }

    /// <summary>Also where it is not connected.</summary>
    public bool Force { get; init; }
}
