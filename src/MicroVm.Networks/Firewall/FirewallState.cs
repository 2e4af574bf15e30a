using MicroVm.Networks.Host;

namespace MicroVm.Networks.Firewall;

/// <summary>All that the rules are made from, at one moment.</summary>
/// <param name="ShutUplinks">Interfaces from which this host passed nothing on before it had networks of ours: it is made no router for them.</param>
public sealed record FirewallState(
    IReadOnlyList<BridgeSpec> Bridges, IReadOnlyList<GuestPort> Guests, IReadOnlyList<ForwardedPort> Ports, IReadOnlyList<string> ShutUplinks);

/// <summary>A port of the host's that is a guest's.</summary>
/// <param name="HostAddress">0: every address of the host.</param>
/// <param name="Protocol">tcp or udp.</param>
public sealed record ForwardedPort(uint HostAddress, int HostPort, GuestPort Guest, int Port, string Protocol);
