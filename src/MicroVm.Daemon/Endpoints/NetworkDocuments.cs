using System.Globalization;
using MicroVm.Api.Networks;
using MicroVm.Engine.Networks;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Networks as Docker writes them.</summary>
internal static class NetworkDocuments
{
    /// <param name="withMembers">The running containers are listed when one network is asked for.</param>
    public static NetworkResource Of(NetworkSnapshot snapshot, bool withMembers)
    {
        NetworkRecord network = snapshot.Network;
        return new()
        {
            Name = network.Name,
            Id = network.Id,
            Created = Timestamps.Format(network.Created),
            Driver = network.Driver,
            IPAM = new() { Config = network.Subnet.Length == 0 ? [] : [Block(network)] },
            Internal = network.IsInternal,
            Attachable = network.IsAttachable,
            Containers = withMembers ? snapshot.Members.ToDictionary(member => member.ContainerId, Member) : new Dictionary<string, EndpointResource>(),
            Options = network.Options,
            Labels = network.Labels,
        };
    }

    private static NetworkIpamConfig Block(NetworkRecord network) => new()
    {
        Subnet = network.Subnet,
        IPRange = network.Range.Length > 0 ? network.Range : null,
        Gateway = network.Gateway,
        AuxiliaryAddresses = network.AuxiliaryAddresses.Count > 0 ? network.AuxiliaryAddresses : null,
    };

    private static EndpointResource Member(NetworkMember member) => new(
        member.ContainerName,
        member.Endpoint.Id,
        ContainerDocuments.MacAddress(member.Endpoint),
        string.Create(CultureInfo.InvariantCulture, $"{member.Endpoint.Address}/{member.Endpoint.PrefixLength}"),
        "");
}
