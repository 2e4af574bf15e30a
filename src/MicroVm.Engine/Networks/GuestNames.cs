using System.Net;
using MicroVm.Engine.Guest;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Dns;

namespace MicroVm.Engine.Networks;

/// <summary>The names of containers, as the containers on their networks see them.</summary>
internal sealed class GuestNames(NetworkMembers members) : IGuestNames
{
    public bool IsGuest(uint client) => members.Find(client) is not null;

    public IReadOnlyList<uint> Find(uint client, string name)
    {
        List<uint> addresses = [];
        foreach (NetworkEndpoint place in members.Find(client)?.Joined.Endpoints ?? [])
        {
            if (place.HasNames)
            {
                addresses.AddRange(On(place, name));
            }
        }

        return addresses;
    }

    public string? NameOf(uint client, uint address) =>
        members.Find(address) is { } found && found.Endpoint.HasNames && members.Find(client) is { } asker
            && asker.Joined.Endpoints.Any(place => place.NetworkId == found.Endpoint.NetworkId)
            ? $"{found.Joined.Container.Snapshot.Name}.{found.Endpoint.Network}"
            : null;

    public IReadOnlyList<IPAddress> ServersOf(uint client)
    {
        if (members.Find(client) is not { } asker || !asker.Joined.Endpoints.Any(place => place.IsWayOut))
        {
            return [];
        }

        IReadOnlyList<string> own = asker.Joined.Container.Snapshot.Spec.Dns;
        return own.Count > 0 ? [.. own.Select(IPAddress.Parse)] : HostResolver.Read().Servers;
    }

    private IEnumerable<uint> On(NetworkEndpoint place, string name)
    {
        string bare = name.EndsWith("." + place.Network, StringComparison.OrdinalIgnoreCase) ? name[..^(place.Network.Length + 1)] : name;
        return members.On(place.NetworkId)
            .Where(member => member.Joined.IsConnected && member.Joined.NamesOn(member.Endpoint).Any(known =>
                known.Equals(name, StringComparison.OrdinalIgnoreCase) || known.Equals(bare, StringComparison.OrdinalIgnoreCase)))
            .Select(member => Ipv4.TryParse(member.Endpoint.Address, out uint address) ? address : 0);
    }
}
