namespace MicroVm.Engine.Networks;

/// <summary>
/// Networks. One is named by its name, its id, or an unambiguous id prefix; every method throws <see cref="EngineException"/> (NotFound)
/// for one that is not there.
/// </summary>
public interface INetworkService
{
    /// <summary>Never <see cref="NetworkBackend.Auto"/>.</summary>
    NetworkBackend Backend { get; }

    /// <summary>By name; the predefined ones are among them.</summary>
    IReadOnlyList<NetworkSnapshot> List();

    NetworkSnapshot Inspect(string network);

    /// <summary>Conflict for a name taken, Forbidden for a predefined one's or a subnet that overlaps, Invalid for what can't be.</summary>
    Task<NetworkCreated> CreateAsync(NetworkRequest request, CancellationToken cancellationToken);

    /// <summary>Forbidden while a running container is on it.</summary>
    Task RemoveAsync(string network, CancellationToken cancellationToken);

    /// <summary>Removes those that no container is on, running or not; returns their names.</summary>
    Task<IReadOnlyList<string>> PruneAsync(Predicate<NetworkRecord> condition, CancellationToken cancellationToken);

    /// <summary>Takes effect at the container's next start. Conflict while it runs.</summary>
    Task ConnectAsync(string network, string container, NetworkAttachment attachment, CancellationToken cancellationToken);

    /// <summary>The same; <paramref name="force"/>: also of a container that is not on it.</summary>
    Task DisconnectAsync(string network, string container, bool force, CancellationToken cancellationToken);
}

/// <param name="Members">The running containers on it.</param>
public sealed record NetworkSnapshot(NetworkRecord Network, IReadOnlyList<NetworkMember> Members);

public sealed record NetworkMember(string ContainerId, string ContainerName, NetworkEndpoint Endpoint);

public sealed record NetworkCreated(string Id, string Warning);

/// <summary>What a network is made from; empty: the daemon's choice.</summary>
public sealed record NetworkRequest
{
    public required string Name { get; init; }

    public string Driver { get; init; } = "";

    public bool IsInternal { get; init; }

    public bool IsAttachable { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    public string Subnet { get; init; } = "";

    public string Range { get; init; } = "";

    public string Gateway { get; init; } = "";

    public IReadOnlyDictionary<string, string> AuxiliaryAddresses { get; init; } = new Dictionary<string, string>();
}
