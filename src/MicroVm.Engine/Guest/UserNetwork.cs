using MicroVm.Engine.Networks;

namespace MicroVm.Engine.Guest;

/// <summary>QEMU's user-mode network (libslirp's defaults): the same addresses for each VM.</summary>
internal static class UserNetwork
{
    /// <summary>A container's place there.</summary>
    public static NetworkEndpoint Endpoint(string containerId) => new()
    {
        Id = "",
        Network = NetworkNames.Bridge,
        NetworkId = "",
        Address = "10.0.2.15",
        PrefixLength = 24,
        Gateway = "10.0.2.2",
        IsWayOut = true,
        NameServers = ["10.0.2.3"],

        // Locally administered, from the container's random id.
        MacAddress = [0x02, 0x42, .. Convert.FromHexString(containerId.AsSpan(0, 8))],
    };
}
