using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Networks;

/// <summary>Which networks a container asks for.</summary>
public static class ContainerNetworks
{
    /// <summary>The networks that a container is to be on, and what it asks for there: that of its mode first.</summary>
    public static IReadOnlyDictionary<string, NetworkAttachment> Of(ContainerSpec spec)
    {
        string first = NetworkNames.OfMode(spec.NetworkMode);
        OrderedDictionary<string, NetworkAttachment> networks = [];
        if (first != NetworkNames.None && !spec.Disconnected.Contains(first))
        {
            networks.Add(first, spec.Networks.GetValueOrDefault(first) ?? new());
        }

        foreach ((string name, NetworkAttachment attachment) in spec.Networks.OrderBy(network => network.Key, StringComparer.Ordinal))
        {
            networks.TryAdd(name, attachment);
        }

        return networks;
    }
}
