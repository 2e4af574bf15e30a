using System.Collections.Concurrent;
using MicroVm.Networks.Addresses;

namespace MicroVm.Engine.Networks;

/// <summary>Which container is where. Thread-safe.</summary>
internal sealed class NetworkMembers
{
    private readonly ConcurrentDictionary<string, Joined> _byContainer = new();
    private readonly ConcurrentDictionary<uint, Place> _byAddress = new();

    public IEnumerable<Joined> All => _byContainer.Values;

    /// <summary>On a network of ours; user-mode networking has no places.</summary>
    public IEnumerable<Place> On(string networkId) =>
        _byContainer.Values.SelectMany(joined => joined.Endpoints.Where(endpoint => endpoint.NetworkId == networkId).Select(endpoint => new Place(joined, endpoint)));

    public Place? Find(uint address) => _byAddress.GetValueOrDefault(address);

    public void Put(Joined joined)
    {
        _byContainer[joined.Container.Id] = joined;
        foreach (NetworkEndpoint endpoint in joined.Endpoints.Where(endpoint => endpoint.Tap.Length > 0))
        {
            _byAddress[AddressOf(endpoint)] = new(joined, endpoint);
        }
    }

    /// <summary>Null: it was nowhere.</summary>
    public Joined? Remove(string containerId)
    {
        if (!_byContainer.TryRemove(containerId, out Joined? joined))
        {
            return null;
        }

        foreach (NetworkEndpoint endpoint in joined.Endpoints.Where(endpoint => endpoint.Tap.Length > 0))
        {
            _byAddress.TryRemove(AddressOf(endpoint), out _);
        }

        return joined;
    }

    public static uint AddressOf(NetworkEndpoint endpoint) => Ipv4.TryParse(endpoint.Address, out uint address) ? address : 0;
}

internal sealed record Place(Joined Joined, NetworkEndpoint Endpoint);
