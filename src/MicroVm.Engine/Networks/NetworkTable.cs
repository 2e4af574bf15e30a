using System.Security.Cryptography;
using MicroVm.Networks.Addresses;

namespace MicroVm.Engine.Networks;

/// <summary>All networks and which of their addresses are taken. Thread-safe.</summary>
/// <param name="store">Where they are kept.</param>
/// <param name="routed">Subnets that the host reaches without us.</param>
internal sealed class NetworkTable(NetworkStore store, Func<IReadOnlyList<Subnet>> routed)
{
    private readonly Lock _sync = new();
    private readonly Dictionary<string, NetworkRecord> _networks = [];
    private readonly Dictionary<string, AddressPool> _pools = [];

    public IReadOnlyList<NetworkRecord> All
    {
        get
        {
            lock (_sync)
            {
                return [.. _networks.Values.OrderBy(network => network.Name, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>What is on disk, and the predefined networks that are not yet. The default one gets its subnet when a container first needs it.</summary>
    public void Load(Action<string> onUnreadable)
    {
        foreach (NetworkRecord network in store.LoadAll(onUnreadable))
        {
            _networks.Add(network.Id, network);
        }

        foreach ((string name, string driver) in (ReadOnlySpan<(string, string)>)
            [(NetworkNames.Bridge, NetworkRecord.BridgeDriver), (NetworkNames.Host, "host"), (NetworkNames.None, "null")])
        {
            if (_networks.Values.All(network => network.Name != name))
            {
                Put(new() { Id = NewId(), Name = name, Created = DateTimeOffset.UtcNow, Driver = driver });
            }
        }
    }

    /// <summary>By name, id, or unambiguous id prefix; NotFound in Docker's words.</summary>
    public NetworkRecord Find(string nameOrId)
    {
        lock (_sync)
        {
            return _networks.Values.FirstOrDefault(network => network.Name == nameOrId) ?? FindById(nameOrId);
        }
    }

    /// <exception cref="EngineException">The name or the subnet is taken.</exception>
    public NetworkRecord Add(NetworkRequest request)
    {
        lock (_sync)
        {
            if (_networks.Values.Any(network => network.Name == request.Name))
            {
                throw new EngineException(EngineErrorKind.Conflict, $"network with name {request.Name} already exists");
            }

            return Put(WithAddresses(NewRecord(request), request));
        }
    }

    /// <summary>Gives the default network its subnet if it has none.</summary>
    public NetworkRecord WithSubnet(NetworkRecord network)
    {
        lock (_sync)
        {
            NetworkRecord known = _networks.GetValueOrDefault(network.Id) ?? throw NotFound(network.Name);
            return known.Subnet.Length > 0 ? known : Put(WithAddresses(known, new() { Name = known.Name }));
        }
    }

    public void Remove(NetworkRecord network)
    {
        lock (_sync)
        {
            store.Delete(network.Id);
            _networks.Remove(network.Id);
            _pools.Remove(network.Id);
        }
    }

    /// <param name="wanted">Asked for; empty: any.</param>
    /// <param name="preferred">Had before.</param>
    /// <exception cref="EngineException">It is taken, or all are.</exception>
    public uint Take(NetworkRecord network, string wanted, uint? preferred)
    {
        lock (_sync)
        {
            AddressPool pool = PoolOf(network);
            if (wanted.Length > 0)
            {
                return Ipv4.TryParse(wanted, out uint address) && pool.TryTake(address)
                    ? address
                    : throw new EngineException(
                        EngineErrorKind.Forbidden,
                        network.Block.Contains(address) ? "Address already in use" : $"invalid address {OneLine.Of(wanted, 64)}: it is not in subnet {network.Subnet}");
            }

            return pool.Take(preferred) ?? throw new EngineException(
                EngineErrorKind.Internal, $"network {network.Name} has no address left: its range is {(network.Range.Length > 0 ? network.Range : network.Subnet)}");
        }
    }

    /// <summary>Of a VM that runs already.</summary>
    public void Adopt(NetworkRecord network, uint address)
    {
        lock (_sync)
        {
            PoolOf(network).TryTake(address);
        }
    }

    public void Release(string networkId, uint address)
    {
        lock (_sync)
        {
            _pools.GetValueOrDefault(networkId)?.Release(address);
        }
    }

    private static NetworkRecord NewRecord(NetworkRequest request) => new()
    {
        Id = NewId(),
        Name = request.Name,
        Created = DateTimeOffset.UtcNow,
        IsInternal = request.IsInternal,
        IsAttachable = request.IsAttachable,
        Labels = request.Labels,
        Options = request.Options,
        HasOwnSubnet = request.Subnet.Length > 0,
        AuxiliaryAddresses = request.AuxiliaryAddresses,
    };

    private static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));

    private static EngineException NotFound(string name) => new(EngineErrorKind.NotFound, $"network {OneLine.Of(name, 128)} not found");

    private NetworkRecord WithAddresses(NetworkRecord network, NetworkRequest request)
    {
        Subnet subnet = request.Subnet.Length > 0 ? Own(NetworkOptions.ParseSubnet(request.Subnet)) : Free();
        Subnet range = request.Range.Length > 0 ? NetworkOptions.ParseSubnet(request.Range) : subnet;
        uint gateway = Ipv4.TryParse(request.Gateway, out uint given) ? given : subnet.First + 1;
        return network with
        {
            Subnet = subnet.ToString(),
            Range = request.Range.Length > 0 ? range.ToString() : "",
            Gateway = Ipv4.Format(gateway),
        };
    }

    private Subnet Own(Subnet subnet) => Taken().Any(subnet.Overlaps)
        ? throw new EngineException(EngineErrorKind.Forbidden, "invalid pool request: Pool overlaps with other one on this address space")
        : subnet;

    private Subnet Free() => DefaultSubnets.Choose([.. Taken(), .. routed()]) ?? throw new EngineException(
        EngineErrorKind.Forbidden, "all predefined address pools have been fully subnetted: name a subnet (--subnet), or remove networks (mvm network prune)");

    private IEnumerable<Subnet> Taken() => _networks.Values.Where(network => network.Subnet.Length > 0).Select(network => network.Block);

    private NetworkRecord Put(NetworkRecord network)
    {
        store.Save(network);
        return _networks[network.Id] = network;
    }

    private AddressPool PoolOf(NetworkRecord network)
    {
        if (!_pools.TryGetValue(network.Id, out AddressPool? pool))
        {
            Subnet range = network.Range.Length > 0 ? NetworkOptions.ParseSubnet(network.Range) : network.Block;
            IEnumerable<uint> reserved = network.AuxiliaryAddresses.Values.Select(text => Ipv4.TryParse(text, out uint address) ? address : 0);
            pool = _pools[network.Id] = new(network.Block, range, [network.GatewayAddress, .. reserved]);
        }

        return pool;
    }

    private NetworkRecord FindById(string id)
    {
        List<NetworkRecord> matches = id.Length > 0 ? [.. _networks.Values.Where(network => network.Id.StartsWith(id, StringComparison.Ordinal)).Take(2)] : [];
        return matches.Count switch
        {
            1 => matches[0],
            0 => throw NotFound(id),
            _ => throw new EngineException(EngineErrorKind.Invalid, $"multiple networks found with id prefix {id}"),
        };
    }
}
