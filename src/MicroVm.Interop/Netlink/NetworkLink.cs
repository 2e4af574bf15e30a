namespace MicroVm.Interop.Netlink;

/// <summary>A network interface of the host.</summary>
/// <param name="Alias">What its maker wrote on it; may be empty.</param>
public sealed record NetworkLink(int Index, string Name, string Alias);

/// <summary>An IPv4 route of the main table.</summary>
/// <param name="Destination">In host byte order.</param>
public readonly record struct NetworkRoute(uint Destination, int PrefixLength);
