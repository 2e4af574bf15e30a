using Microsoft.Extensions.Logging;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Hypervisor.Host;
using MicroVm.Networks;

namespace MicroVm.Engine.Networks;

/// <summary>Networks over the host's bridges, or the one that user-mode networking is.</summary>
internal sealed partial class NetworkService : INetworkService, IAsyncDisposable
{
    private readonly NetworkTable _table;
    private readonly NetworkMembers _members = new();
    private readonly NetworkPlane? _plane;
    private readonly ContainerService _containers;
    private readonly EventBus _events;
    private readonly ILogger _logger;

    public NetworkService(EngineOptions options, ContainerService containers, EventBus events, ILogger logger)
    {
        (_containers, _events, _logger) = (containers, events, logger);
        Backend = Choose(options.Networking);
        _plane = Backend == NetworkBackend.Bridge ? new(options, _members, logger) : null;
        _table = new(new(options), () => _plane?.Routed() ?? []);
        _table.Load(LogUnreadable);
    }

    public NetworkBackend Backend { get; }

    public IReadOnlyList<NetworkSnapshot> List() => [.. _table.All.Select(Snapshot)];

    public NetworkSnapshot Inspect(string network) => Snapshot(_table.Find(network));

    public async Task<NetworkCreated> CreateAsync(NetworkRequest request, CancellationToken cancellationToken)
    {
        NetworkOptions.Check(request);
        if (_plane is null)
        {
            throw new EngineException(EngineErrorKind.Forbidden, UserModeOnly);
        }

        NetworkRecord network = _table.Add(request);
        try
        {
            await Task.Run(() => _plane.Ensure(network), cancellationToken).ConfigureAwait(false);
            await _plane.ApplyAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            await ForgetAsync(network).ConfigureAwait(false);
            throw e is NetworkException ? new EngineException(EngineErrorKind.Forbidden, e.Message, e) : e;
        }

        Publish(network, "create");
        return new(network.Id, "");
    }

    public async Task RemoveAsync(string network, CancellationToken cancellationToken)
    {
        NetworkRecord found = _table.Find(network);
        if (found.IsPredefined)
        {
            throw new EngineException(EngineErrorKind.Forbidden, $"{found.Name} is a pre-defined network and cannot be removed");
        }

        if (_members.On(found.Id).FirstOrDefault() is { } member)
        {
            throw new EngineException(
                EngineErrorKind.Forbidden,
                $"error while removing network: network {found.Name} has active endpoints (name:\"{member.Joined.Container.Snapshot.Name}\" id:\"{member.Endpoint.Id[..12]}\")");
        }

        await ForgetAsync(found).WaitAsync(cancellationToken).ConfigureAwait(false);
        Publish(found, "destroy");
    }

    public async Task<IReadOnlyList<string>> PruneAsync(Predicate<NetworkRecord> condition, CancellationToken cancellationToken)
    {
        HashSet<string> used = [.. _containers.List().SelectMany(container => ContainerNetworks.Of(container.Spec).Keys)];
        List<string> removed = [];
        foreach (NetworkRecord network in _table.All.Where(network => !network.IsPredefined && !used.Contains(network.Name) && condition(network)))
        {
            await RemoveAsync(network.Id, cancellationToken).ConfigureAwait(false);
            removed.Add(network.Name);
        }

        return removed;
    }

    public ValueTask DisposeAsync() => _plane?.DisposeAsync() ?? ValueTask.CompletedTask;

    private const string UserModeOnly =
        "this daemon has user-mode networking, and so the default network only: see the line \"network\" of mvm doctor";

    private static NetworkBackend Choose(NetworkBackend configured) =>
        configured != NetworkBackend.Auto ? configured
        : HostNetwork.Fault() is null ? NetworkBackend.Bridge
        : NetworkBackend.User;

    private NetworkSnapshot Snapshot(NetworkRecord network) => new(
        network,
        [.. _members.On(network.Id).Select(place => new NetworkMember(place.Joined.Container.Id, place.Joined.Container.Snapshot.Name, place.Endpoint))]);

    private async Task ForgetAsync(NetworkRecord network)
    {
        _table.Remove(network);
        if (_plane is not null)
        {
            await _plane.RemoveAsync(network).ConfigureAwait(false);
        }
    }

    private void Publish(NetworkRecord network, string action, string? container = null)
    {
        Dictionary<string, string> attributes = new(network.Labels) { ["name"] = network.Name, ["type"] = network.Driver };
        if (container is not null)
        {
            attributes["container"] = container;
        }

        _events.Publish(EventTypes.Network, action, network.Id, attributes);
    }

    [LoggerMessage(1200, LogLevel.Error, "Network not taken up: {Reason}")]
    private partial void LogUnreadable(string reason);

    [LoggerMessage(1201, LogLevel.Warning, "The rules of networks are not up to date: {Reason}")]
    private partial void LogRulesFailed(string reason);
}
