namespace MicroVm.Engine.Networks;

/// <summary>What a container asks for on one network. Empty: nothing.</summary>
public sealed record NetworkAttachment
{
    /// <summary>Names beside its own, on this network alone.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>IPv4.</summary>
    public string Address { get; init; } = "";

    /// <summary>Six bytes in hexadecimal, colons between.</summary>
    public string MacAddress { get; init; } = "";
}

/// <summary>A running container's place on one network.</summary>
public sealed record NetworkEndpoint
{
    /// <summary>64 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    public required string NetworkId { get; init; }

    /// <summary>The host's end; empty: user-mode networking, whose addresses mean nothing outside the container.</summary>
    public string Tap { get; init; } = "";

    /// <summary>IPv4.</summary>
    public required string Address { get; init; }

    public required int PrefixLength { get; init; }

    /// <summary>Empty: no way out.</summary>
    public string Gateway { get; init; } = "";

    /// <summary>The default route goes here.</summary>
    public bool IsWayOut { get; init; }

    /// <summary>IPv4 addresses of name servers.</summary>
    public IReadOnlyList<string> NameServers { get; init; } = [];

    /// <summary>Names are asked of the network, which asks the servers of --dns.</summary>
    public bool HasNames { get; init; }

    /// <summary>Six bytes.</summary>
    public required byte[] MacAddress { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Bytes; 0: the default.</summary>
    public int Mtu { get; init; }
}
