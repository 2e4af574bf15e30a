using MicroVm.Api.Containers;
using MicroVm.Api.Networks;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Endpoints;

/// <summary>What clients ask of networks, as the engine has it; what is not done here is refused.</summary>
internal static class NetworkRequests
{
    /// <summary>By network; <c>MacAddress</c> of the container itself is that of its mode's.</summary>
    public static IReadOnlyDictionary<string, NetworkAttachment> Attachments(ContainerCreateRequest request)
    {
        Dictionary<string, NetworkAttachment> networks = (request.NetworkingConfig?.EndpointsConfig ?? new Dictionary<string, EndpointSettings?>())
            .ToDictionary(network => NetworkNames.OfMode(network.Key), network => Attachment(network.Value));
        string mode = NetworkNames.OfMode(request.HostConfig?.NetworkMode ?? "");
        if (!string.IsNullOrEmpty(request.MacAddress) && networks.GetValueOrDefault(mode) is not { MacAddress.Length: > 0 })
        {
            networks[mode] = (networks.GetValueOrDefault(mode) ?? new()) with { MacAddress = request.MacAddress };
        }

        return networks;
    }

    public static NetworkAttachment Attachment(EndpointSettings? settings) => new()
    {
        Aliases = ContainerSpecs.Strings(settings?.Aliases),
        Address = settings?.IPAMConfig?.IPv4Address ?? "",
        MacAddress = settings?.MacAddress ?? "",
    };

    public static void Check(EndpointSettings? endpoint)
    {
        Refuse(!string.IsNullOrEmpty(endpoint?.IPAMConfig?.IPv6Address), "IPv6 addresses are not supported");
        Refuse(endpoint?.IPAMConfig?.LinkLocalIPs is { Count: > 0 }, "link-local addresses are not supported");
        Refuse(endpoint?.Links is { Count: > 0 }, "links between containers are not supported: containers of one network find each other by name");
    }

    public static NetworkRequest Network(NetworkCreateRequest request)
    {
        Refuse(request.EnableIPv6 == true, "IPv6 networks are not supported");
        Refuse(request.EnableIPv4 == false, "networks without IPv4 are not supported");
        Refuse(request.Ingress || request.ConfigOnly || !string.IsNullOrEmpty(request.ConfigFrom?.Network), "networks of a swarm are not supported");
        Refuse(request.IPAM?.Driver is not (null or "" or "default"), $"IPAM driver {request.IPAM?.Driver} is not supported");
        IReadOnlyList<NetworkIpamConfig> blocks = [.. (request.IPAM?.Config ?? []).Where(block => block is not null)];
        Refuse(blocks.Count > 1, "a network has one subnet: more are not supported");
        NetworkIpamConfig? block = blocks.Count == 0 ? null : blocks[0];
        return new()
        {
            Name = request.Name ?? "",
            Driver = request.Driver is null or "default" ? "" : request.Driver,
            IsInternal = request.Internal,
            IsAttachable = request.Attachable,
            Labels = ContainerSpecs.Labels(request.Labels),
            Options = ContainerSpecs.Labels(request.Options),
            Subnet = block?.Subnet ?? "",
            Range = block?.IPRange ?? "",
            Gateway = block?.Gateway ?? "",
            AuxiliaryAddresses = block?.AuxiliaryAddresses ?? new Dictionary<string, string>(),
        };
    }

    private static void Refuse(bool condition, string message)
    {
        if (condition)
        {
            throw ApiException.Unsupported(message);
        }
    }
}
