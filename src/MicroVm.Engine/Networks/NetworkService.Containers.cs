using System.Security.Cryptography;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;
using MicroVm.Networks;
using MicroVm.Networks.Addresses;

namespace MicroVm.Engine.Networks;

/// <summary>Containers come to networks and leave them.</summary>
internal sealed partial class NetworkService
{
    /// <summary>
    /// Names as networks have them; refuses what could never be. A network that is not there yet is let through: a container may be made before it.
    /// </summary>
    /// <exception cref="EngineException">Invalid, in Docker's words.</exception>
    public ContainerSpec Checked(ContainerSpec spec)
    {
        Dictionary<string, NetworkAttachment> networks = [];
        foreach ((string name, NetworkAttachment attachment) in spec.Networks)
        {
            networks[NameOf(NetworkNames.OfMode(name))] = attachment;
        }

        networks.Remove(NetworkNames.None);
        ContainerSpec named = spec with { Networks = networks, NetworkMode = spec.NetworkMode is "" or "default" ? spec.NetworkMode : NameOf(spec.NetworkMode) };
        IReadOnlyDictionary<string, NetworkAttachment> all = ContainerNetworks.Of(named);
        Require(named.NetworkMode != NetworkNames.None || networks.Count == 0, "container cannot be connected to multiple networks with one of the networks in private (none) mode");
        Require(all.Count <= Slot.MaxNetworks, $"a container can be on {Slot.MaxNetworks} networks at most");
        foreach ((string name, NetworkAttachment attachment) in all)
        {
            Check(name, attachment);
        }

        return named;
    }

    /// <summary>Takes addresses for a container that is to start.</summary>
    /// <exception cref="EngineException">A network is not there, or has no such address.</exception>
    public IReadOnlyList<NetworkEndpoint> Join(Container container)
    {
        List<NetworkEndpoint> endpoints = [];
        try
        {
            foreach ((string name, NetworkAttachment attachment) in ContainerNetworks.Of(container.Snapshot.Spec))
            {
                endpoints.Add(_plane is null ? UserMode(container, name) : Take(_plane, container, _table.Find(name), attachment, endpoints));
            }
        }
        catch (Exception e)
        {
            endpoints.ForEach(Release);
            throw e is NetworkException ? new EngineException(EngineErrorKind.Internal, e.Message, e) : e;
        }

        _members.Put(new(container, endpoints));
        return endpoints;
    }

    /// <summary>Connects the interfaces of a VM that was just started; returns when nothing keeps its packets back any more.</summary>
    public async Task ConnectAsync(Container container, IReadOnlyList<NetworkEndpoint> endpoints, IReadOnlyList<PublishedPort> ports)
    {
        Joined joined = new(container, endpoints) { Ports = ports, IsConnected = true };
        _members.Put(joined);
        if (_plane is null || endpoints.Count == 0)
        {
            return;
        }

        try
        {
            await Task.Run(() => _plane.ConnectAsync(joined)).ConfigureAwait(false);
        }
        catch (NetworkException e)
        {
            throw new EngineException(EngineErrorKind.Internal, $"failed to set up container networking: {e.Message}", e);
        }

        PublishAll(container, endpoints, "connect");
    }

    /// <summary>Gives the places of a container back whose VM is gone.</summary>
    public void Leave(Container container)
    {
        if (_members.Remove(container.Id) is not { } joined)
        {
            return;
        }

        foreach (NetworkEndpoint endpoint in joined.Endpoints)
        {
            Release(endpoint);
        }

        if (_plane is not null && joined is { IsConnected: true, Endpoints.Count: > 0 })
        {
            PublishAll(container, joined.Endpoints, "disconnect");
            _ = ApplyLaterAsync(_plane);
        }
    }

    /// <summary>Takes up the places of a VM that an earlier daemon started.</summary>
    public void Adopt(Container container, IReadOnlyList<PublishedPort> ports)
    {
        IReadOnlyList<NetworkEndpoint> endpoints = [.. container.Snapshot.Endpoints.Where(endpoint => endpoint.Tap.Length > 0)];
        if (_plane is null || endpoints.Count == 0)
        {
            return;
        }

        foreach (NetworkEndpoint endpoint in endpoints)
        {
            Adopt(_plane, endpoint);
        }

        _members.Put(new(container, endpoints) { Ports = ports, IsConnected = true });
    }

    /// <summary>What is wrong with one network must not end the VM, whose packets go on as they did.</summary>
    private void Adopt(NetworkPlane plane, NetworkEndpoint endpoint)
    {
        try
        {
            NetworkRecord network = _table.Find(endpoint.NetworkId);
            _table.Adopt(network, NetworkMembers.AddressOf(endpoint));
            plane.Ensure(network);
        }
        catch (Exception e) when (e is EngineException or NetworkException)
        {
            LogUnreadable(e.Message);
        }
    }

    /// <summary>After all VMs of an earlier daemon have been taken up.</summary>
    public async Task RecoverAsync()
    {
        try
        {
            await (_plane?.RecoverAsync(_table.All) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NetworkException or IOException or UnauthorizedAccessException)
        {
            LogRulesFailed(e.Message);
        }
    }

    private NetworkEndpoint Take(
        NetworkPlane plane, Container container, NetworkRecord found, NetworkAttachment attachment, List<NetworkEndpoint> others)
    {
        Require(found.Driver == NetworkRecord.BridgeDriver, $"a container can't be on network {found.Name}: a virtual machine has a network stack of its own");
        NetworkRecord network = _table.WithSubnet(found);
        plane.Ensure(network);
        string before = container.Snapshot.Endpoints.FirstOrDefault(endpoint => endpoint.NetworkId == network.Id)?.Address ?? "";
        uint address = _table.Take(network, attachment.Address, Ipv4.TryParse(before, out uint preferred) ? preferred : null);
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        return new()
        {
            Id = id,
            Network = network.Name,
            NetworkId = network.Id,
            Tap = plane.TapOf(id),
            Address = Ipv4.Format(address),
            PrefixLength = network.Block.PrefixLength,
            Gateway = network.IsInternal ? "" : network.Gateway,
            IsWayOut = !network.IsInternal && !others.Exists(other => other.IsWayOut),
            NameServers = plane.NameServersOf(network),
            HasNames = network.HasNames,
            MacAddress = attachment.MacAddress.Length > 0 ? ParseMac(attachment.MacAddress) : Ipv4.MacOf(address),
            Aliases = attachment.Aliases,
            Mtu = network.Mtu,
        };
    }

    private static NetworkEndpoint UserMode(Container container, string network) => network == NetworkNames.Bridge
        ? UserNetwork.Endpoint(container.Id)
        : throw new EngineException(EngineErrorKind.NotFound, $"network {OneLine.Of(network, 128)} not found: {UserModeOnly}");

    private void Release(NetworkEndpoint endpoint)
    {
        if (endpoint.Tap.Length > 0)
        {
            _table.Release(endpoint.NetworkId, NetworkMembers.AddressOf(endpoint));
        }
    }

    private async Task ApplyLaterAsync(NetworkPlane plane)
    {
        try
        {
            await plane.ApplyAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NetworkException or IOException or UnauthorizedAccessException)
        {
            LogRulesFailed(e.Message);
        }
    }

    private void PublishAll(Container container, IReadOnlyList<NetworkEndpoint> endpoints, string action)
    {
        foreach (NetworkEndpoint endpoint in endpoints)
        {
            if (_table.All.FirstOrDefault(network => network.Id == endpoint.NetworkId) is { } network)
            {
                Publish(network, action, container.Id);
            }
        }
    }
}
