using System.Globalization;
using MicroVm.Engine.Containers;
using MicroVm.Networks.Addresses;

namespace MicroVm.Engine.Networks;

/// <summary>What containers ask for on networks, and changes of that.</summary>
internal sealed partial class NetworkService
{
    private const int MaxAliases = 128;
    private const int MaxAlias = 253;
    private const int MacBytes = 6;

    public Task ConnectAsync(string network, string container, NetworkAttachment attachment, CancellationToken cancellationToken)
    {
        NetworkRecord found = _table.Find(network);
        if (found.Driver != NetworkRecord.BridgeDriver)
        {
            throw new EngineException(EngineErrorKind.Forbidden, $"container cannot be connected to {found.Name} network");
        }

        return _containers.ChangeNetworksAsync(container, spec => Connected(spec, found, attachment), cancellationToken);
    }

    public Task DisconnectAsync(string network, string container, bool force, CancellationToken cancellationToken)
    {
        NetworkRecord found = _table.Find(network);
        return _containers.ChangeNetworksAsync(container, spec => Disconnected(spec, found, container, force), cancellationToken);
    }

    /// <summary>Six bytes of an address for one interface; null: it is none.</summary>
    internal static byte[]? TryParseMac(string text)
    {
        string[] parts = text.Split(':', '-');
        byte[] bytes = new byte[MacBytes];
        for (int i = 0; i < MacBytes; i++)
        {
            if (parts.Length != MacBytes || parts[i].Length != 2 || !byte.TryParse(parts[i], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i]))
            {
                return null;
            }
        }

        return (bytes[0] & 1) == 0 && bytes.Any(b => b != 0) ? bytes : null;
    }

    private static byte[] ParseMac(string text) => TryParseMac(text) ?? throw new EngineException(EngineErrorKind.Invalid, $"invalid MAC address: {OneLine.Of(text, 64)}");

    private ContainerSpec Connected(ContainerSpec spec, NetworkRecord network, NetworkAttachment attachment)
    {
        Require(spec.NetworkMode != NetworkNames.None, "container cannot be connected to multiple networks with one of the networks in private (none) mode");
        if (ContainerNetworks.Of(spec).ContainsKey(network.Name))
        {
            throw new EngineException(EngineErrorKind.Forbidden, $"container is already connected to network {network.Name}");
        }

        return Checked(spec with
        {
            Networks = new Dictionary<string, NetworkAttachment>(spec.Networks) { [network.Name] = attachment },
            Disconnected = [.. spec.Disconnected.Where(name => name != network.Name)],
        });
    }

    private static ContainerSpec Disconnected(ContainerSpec spec, NetworkRecord network, string container, bool force)
    {
        if (!ContainerNetworks.Of(spec).ContainsKey(network.Name))
        {
            return force ? spec : throw new EngineException(EngineErrorKind.Forbidden, $"container {OneLine.Of(container, 128)} is not connected to network {network.Name}");
        }

        return spec with
        {
            Networks = spec.Networks.Where(known => known.Key != network.Name).ToDictionary(),
            Disconnected = [.. spec.Disconnected.Append(network.Name).Distinct()],
        };
    }

    /// <summary>A network's own name, where it is there.</summary>
    private string NameOf(string nameOrId) =>
        _table.All.FirstOrDefault(network => network.Name == nameOrId)?.Name
        ?? _table.All.Where(network => nameOrId.Length >= 12 && network.Id.StartsWith(nameOrId, StringComparison.Ordinal)).Select(network => network.Name).FirstOrDefault(nameOrId);

    private void Check(string name, NetworkAttachment attachment)
    {
        Require(attachment.Aliases.Count <= MaxAliases, $"too many network aliases: at most {MaxAliases}");
        foreach (string alias in attachment.Aliases)
        {
            Require(alias.Length is > 0 and <= MaxAlias && !alias.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)), $"invalid network alias \"{OneLine.Of(alias, 64)}\"");
        }

        Require(attachment.MacAddress.Length == 0 || TryParseMac(attachment.MacAddress) is not null, $"invalid MAC address: {OneLine.Of(attachment.MacAddress, 64)}");
        Require(attachment.Address.Length == 0 || Ipv4.TryParse(attachment.Address, out _), $"invalid IPv4 address: {OneLine.Of(attachment.Address, 64)}");
        NetworkRecord? network = _table.All.FirstOrDefault(known => known.Name == name);
        Require(
            network is not { IsPredefined: true } || attachment.Aliases.Count == 0, "network-scoped alias is supported only for containers in user defined networks");
        Require(
            network is null || attachment.Address.Length == 0 || network.HasOwnSubnet,
            network is { IsPredefined: true }
                ? "user specified IP address is supported on user defined networks only"
                : "user specified IP address is supported only when connecting to networks with user configured subnets");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }
}
