using System.Globalization;
using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Its networks.</summary>
internal static partial class ContainerDocuments
{
    /// <summary>Of the mode.</summary>
    public static string NetworkName(ContainerSpec spec) => NetworkNames.OfMode(spec.NetworkMode);

    /// <summary>
    /// Those it is on, or will be when it starts. No address is named of user-mode networking: the guest's means nothing on the host.
    /// </summary>
    public static IReadOnlyDictionary<string, EndpointSettings> Networks(ContainerSnapshot container)
    {
        IReadOnlyDictionary<string, NetworkAttachment> wanted = ContainerNetworks.Of(container.Spec);
        return wanted.Count == 0 && NetworkName(container.Spec) == NetworkNames.None
            ? new Dictionary<string, EndpointSettings> { [NetworkNames.None] = Settings(container, new(), endpoint: null) }
            : wanted.ToDictionary(
                network => network.Key,
                network => Settings(container, network.Value, IsUp(container) ? container.Endpoints.FirstOrDefault(endpoint => endpoint.Network == network.Key) : null));
    }

    public static string MacAddress(NetworkEndpoint endpoint) =>
        string.Join(':', endpoint.MacAddress.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));

    private static EndpointSettings Settings(ContainerSnapshot container, NetworkAttachment wanted, NetworkEndpoint? endpoint)
    {
        bool isOnBridge = endpoint is { Tap.Length: > 0 };
        bool hasNames = NetworkName(container.Spec) is not (NetworkNames.Bridge or NetworkNames.None) || wanted.Aliases.Count > 0;
        return new()
        {
            IPAMConfig = wanted.Address.Length > 0 ? new() { IPv4Address = wanted.Address } : null,
            Aliases = hasNames ? [.. wanted.Aliases.Append(container.Id[..12]).Distinct()] : null,
            DNSNames = hasNames ? [.. wanted.Aliases.Prepend(container.Name).Append(container.Id[..12]).Distinct()] : null,
            NetworkID = endpoint?.NetworkId ?? "",
            EndpointID = endpoint?.Id ?? "",
            Gateway = isOnBridge ? endpoint!.Gateway : "",
            IPAddress = isOnBridge ? endpoint!.Address : "",
            IPPrefixLen = isOnBridge ? endpoint!.PrefixLength : 0,
            MacAddress = isOnBridge ? MacAddress(endpoint!) : wanted.MacAddress,
            IPv6Gateway = "",
            GlobalIPv6Address = "",
        };
    }

    /// <summary>The first network's address is told twice, as Docker does for the default network.</summary>
    private static NetworkSettings Network(ContainerSnapshot container)
    {
        IReadOnlyDictionary<string, EndpointSettings> networks = Networks(container);
        EndpointSettings? bridge = networks.GetValueOrDefault(NetworkNames.Bridge);
        NetworkEndpoint? first = IsUp(container) && container.Endpoints.Count > 0 ? container.Endpoints[0] : null;
        return new()
        {
            SandboxID = first is { Tap.Length: > 0 } ? container.Id : "",
            Ports = IsUp(container) ? BoundPorts(container) : new Dictionary<string, IReadOnlyList<PortBinding>?>(),
            EndpointID = bridge?.EndpointID ?? "",
            Gateway = bridge?.Gateway ?? "",
            IPAddress = bridge?.IPAddress ?? "",
            IPPrefixLen = bridge?.IPPrefixLen ?? 0,
            MacAddress = bridge?.MacAddress ?? "",
            Networks = networks,
        };
    }
}
