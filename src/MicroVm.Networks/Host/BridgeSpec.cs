using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Host;

/// <summary>One network's bridge.</summary>
/// <param name="Name">1–15 bytes.</param>
/// <param name="Id">The network's id: hex digits.</param>
/// <param name="Gateway">The host's own address on it.</param>
/// <param name="Mtu">Bytes; 0: the kernel's default.</param>
/// <param name="IsInternal">No way out of it.</param>
/// <param name="AreGuestsIsolated">Guests don't reach each other.</param>
public sealed record BridgeSpec(
    string Name, string Id, Subnet Subnet, uint Gateway, int Mtu, bool IsInternal, bool AreGuestsIsolated);

/// <summary>A guest's place on a bridge.</summary>
/// <param name="Tap">Its interface of the host's.</param>
/// <param name="MacAddress">Six bytes, the only ones that it may use.</param>
public sealed record GuestPort(BridgeSpec Bridge, string Tap, uint Address, IReadOnlyList<byte> MacAddress);
