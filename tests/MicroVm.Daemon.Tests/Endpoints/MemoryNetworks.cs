using MicroVm.Engine;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>Networks without bridges: what the API says of them and asks of them.</summary>
internal sealed class MemoryNetworks : INetworkService
{
    private readonly List<NetworkSnapshot> _networks =
    [
        new(new() { Id = new string('b', 64), Name = "bridge", Created = DateTimeOffset.UnixEpoch, Subnet = "172.17.0.0/16", Gateway = "172.17.0.1" }, []),
        new(new() { Id = new string('c', 64), Name = "none", Created = DateTimeOffset.UnixEpoch, Driver = "null" }, []),
    ];

    public List<NetworkRequest> Requests { get; } = [];

    /// <summary>What connect and disconnect were asked.</summary>
    public List<string> Changes { get; } = [];

    public NetworkBackend Backend => NetworkBackend.Bridge;

    public IReadOnlyList<NetworkSnapshot> List() => _networks;

    public NetworkSnapshot Inspect(string network) => _networks.Find(known => known.Network.Name == network || known.Network.Id.StartsWith(network, StringComparison.Ordinal))
        ?? throw new EngineException(EngineErrorKind.NotFound, $"network {network} not found");

    public void Add(NetworkSnapshot network) => _networks.Add(network);

    public Task<NetworkCreated> CreateAsync(NetworkRequest request, CancellationToken cancellationToken)
    {
        Requests.Add(request);
        return Task.FromResult(new NetworkCreated(new string('d', 64), ""));
    }

    public Task RemoveAsync(string network, CancellationToken cancellationToken)
    {
        NetworkSnapshot found = Inspect(network);
        return found.Network.IsPredefined
            ? throw new EngineException(EngineErrorKind.Forbidden, $"{found.Network.Name} is a pre-defined network and cannot be removed")
            : Task.FromResult(_networks.Remove(found));
    }

    public Task<IReadOnlyList<string>> PruneAsync(Predicate<NetworkRecord> condition, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(
        [.. _networks.Where(network => !network.Network.IsPredefined && condition(network.Network)).Select(network => network.Network.Name)]);

    public Task ConnectAsync(string network, string container, NetworkAttachment attachment, CancellationToken cancellationToken)
    {
        Changes.Add($"+{network} {container} {attachment.Address} {attachment.MacAddress} {string.Join(',', attachment.Aliases)}");
        return Task.CompletedTask;
    }

    public Task DisconnectAsync(string network, string container, bool force, CancellationToken cancellationToken)
    {
        Changes.Add($"-{network} {container} {force}");
        return Task.CompletedTask;
    }
}
