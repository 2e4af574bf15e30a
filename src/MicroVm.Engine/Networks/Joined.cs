using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Networks;

/// <summary>A container that runs, or is about to, and its places on networks.</summary>
internal sealed record Joined(Container Container, IReadOnlyList<NetworkEndpoint> Endpoints)
{
    /// <summary>What is forwarded to it.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>Its interfaces are on their bridges: until then it has no name.</summary>
    public bool IsConnected { get; init; }

    /// <summary>The names that it has on a network, beside its own with the network's behind it.</summary>
    public IEnumerable<string> NamesOn(NetworkEndpoint endpoint) => [Container.Snapshot.Name, Container.Id[..12], .. endpoint.Aliases];
}
