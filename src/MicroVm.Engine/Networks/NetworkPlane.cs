using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroVm.Engine.Guest;
using MicroVm.Hypervisor.Host;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Dns;
using MicroVm.Networks.Firewall;
using MicroVm.Networks.Host;

namespace MicroVm.Engine.Networks;

/// <summary>What of the networks is in this host: bridges, rules, name servers. All of it outlives this process but the name servers.</summary>
internal sealed partial class NetworkPlane : IAsyncDisposable
{
    private const int OwnerDigits = 5;
    private const int TapDigits = 8;
    private readonly Lock _sync = new();
    private readonly Dictionary<string, BridgeSpec> _bridges = [];
    private readonly Dictionary<string, DnsServer> _servers = [];
    private readonly HostBridges _host;
    private readonly Ruleset _rules;
    private readonly NftFirewall _firewall;
    private readonly NetworkMembers _members;
    private readonly Resolver _resolver;
    private readonly string _inForce;
    private readonly string _routerShut;
    private readonly ILogger _logger;

    public NetworkPlane(EngineOptions options, NetworkMembers members, ILogger logger)
    {
        string owner = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Path.GetFullPath(options.Root))))[..OwnerDigits];
        _host = new(owner);
        _rules = new(owner);
        _firewall = new(HostNetwork.Nft, _rules, State);
        _members = members;
        _resolver = new(new GuestNames(members));
        _inForce = Path.Combine(options.RunDirectory, "firewall");
        _routerShut = Path.Combine(options.RunDirectory, "forwarding");
        _logger = logger;
    }

    public IReadOnlyList<Subnet> Routed() => _host.Routed();

    /// <summary>Another each time: a tap of before may not be gone yet.</summary>
    public string TapOf(string endpointId) => _rules.TapPrefix + endpointId[..TapDigits];

    /// <summary>Makes what a network needs before a container comes, where it is not there (any more): a millisecond, some the first time.</summary>
    public void Ensure(NetworkRecord network)
    {
        lock (_sync)
        {
            if (HostBridges.EnableForwarding())
            {
                File.WriteAllText(_routerShut, "");
            }

            BridgeSpec bridge = network.ToBridge();
            bool isNew = _host.Ensure(bridge);
            if (_bridges.TryAdd(network.Id, bridge) || isNew)
            {
                Serve(network, bridge);
            }
        }
    }

    /// <summary>Empty: the containers are told the host's own.</summary>
    public IReadOnlyList<string> NameServersOf(NetworkRecord network)
    {
        lock (_sync)
        {
            return _servers.ContainsKey(network.Id) ? [network.Gateway] : [.. HostResolver.Read().Reachable.Select(server => server.ToString())];
        }
    }

    /// <summary>Sets the rules, then puts the container's taps on their bridges: in this order nothing of it gets anywhere unfiltered.</summary>
    public async Task ConnectAsync(Joined joined)
    {
        await ApplyAsync().ConfigureAwait(false);
        foreach (GuestPort port in PortsOf(joined))
        {
            _host.Connect(port);
        }
    }

    /// <summary>Makes the rules what they should be now.</summary>
    public Task ApplyAsync()
    {
        File.WriteAllText(_inForce, "");
        return _firewall.ApplyAsync();
    }

    public async Task RemoveAsync(NetworkRecord network)
    {
        DnsServer? server;
        lock (_sync)
        {
            _servers.Remove(network.Id, out server);
            _bridges.Remove(network.Id);
            _host.Remove(network.BridgeName);
        }

        if (server is not null)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        await ApplyAsync().ConfigureAwait(false);
    }

    /// <summary>What an earlier daemon left: its networks' bridges stay, others of its go, the rules are made anew. Nothing is touched where it left nothing.</summary>
    public async Task RecoverAsync(IReadOnlyCollection<NetworkRecord> networks)
    {
        _host.RemoveOthers(networks.Select(network => network.Id).ToHashSet());
        if (_members.All.Any() || File.Exists(_inForce))
        {
            await ApplyAsync().ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (DnsServer server in _servers.Values)
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        _host.Dispose();
    }

    private void Serve(NetworkRecord network, BridgeSpec bridge)
    {
        if (_servers.Remove(network.Id, out DnsServer? before))
        {
            // Bound to a bridge that somebody has removed.
            _ = before.DisposeAsync().AsTask();
        }

        try
        {
            _servers.Add(network.Id, new(bridge.Gateway, bridge.Name, _resolver));
        }
        catch (SocketException e)
        {
            LogNoNames(network.Name, network.Gateway, e.Message);
        }
    }

    private FirewallState State()
    {
        Joined[] joined = [.. _members.All];
        lock (_sync)
        {
            return new([.. _bridges.Values], [.. joined.SelectMany(PortsOf)], [.. joined.SelectMany(Forwarded)], File.Exists(_routerShut) ? HostBridges.Uplinks() : []);
        }
    }

    private IEnumerable<GuestPort> PortsOf(Joined joined)
    {
        lock (_sync)
        {
            return [.. joined.Endpoints.Where(endpoint => _bridges.ContainsKey(endpoint.NetworkId)).Select(Port)];
        }
    }

    private GuestPort Port(NetworkEndpoint endpoint) =>
        new(_bridges[endpoint.NetworkId], endpoint.Tap, NetworkMembers.AddressOf(endpoint), endpoint.MacAddress);

    /// <summary>To where the container's way out is: its answers take that.</summary>
    private IEnumerable<ForwardedPort> Forwarded(Joined joined)
    {
        NetworkEndpoint? entrance = joined.Endpoints.FirstOrDefault(endpoint => endpoint.IsWayOut && _bridges.ContainsKey(endpoint.NetworkId));
        return entrance is null
            ? []
            : joined.Ports.Select(port => new ForwardedPort(
                Ipv4.TryParse(port.HostAddress, out uint address) ? address : 0, port.HostPort, Port(entrance), port.GuestPort, port.Protocol));
    }

    [LoggerMessage(1202, LogLevel.Warning,
        "Network {Network}: no name server on {Gateway}, port 53 ({Reason}): its containers don't find each other by name. Stop the server that has the port on all addresses")]
    private partial void LogNoNames(string network, string gateway, string reason);
}
