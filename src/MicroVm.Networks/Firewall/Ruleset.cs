using System.Globalization;
using System.Text;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Host;

namespace MicroVm.Networks.Firewall;

/// <summary>
/// The rules of one daemon as one transaction of nft(8): its two tables are replaced, no other is touched. Names in it are made by the
/// daemon or checked before: <see cref="Quoted"/> holds them to that.
/// </summary>
public sealed class Ruleset(string owner)
{
    private readonly string _table = "mvm_" + owner;

    /// <summary>Begins the name of each tap of this daemon: what comes from one that no rule names is dropped.</summary>
    public string TapPrefix { get; } = "mv" + owner;

    public string Build(FirewallState state)
    {
        StringBuilder text = new();
        Replace(text, "bridge", chains => Guests(chains, state.Guests));
        Replace(text, "ip", chains => Routing(chains, state));
        return text.ToString();
    }

    /// <summary>What removes all of it.</summary>
    public string Clear() => Emptied("bridge") + Emptied("ip");

    // The first line makes the second work where there is no such table yet.
    private string Emptied(string family) => $"table {family} {_table}\ndelete table {family} {_table}\n";

    private void Replace(StringBuilder text, string family, Action<StringBuilder> chains)
    {
        text.Append(Emptied(family)).Append("table ").Append(family).Append(' ').Append(_table).Append(" {\n");
        chains(text);
        text.Append("}\n");
    }

    /// <summary>A guest sends from its own addresses, by IPv4 and ARP, or not at all.</summary>
    private void Guests(StringBuilder text, IReadOnlyList<GuestPort> guests)
    {
        Set(text, "guests", "ifname . ether_addr . ipv4_addr", guests.Select(
            guest => $"{Quoted(guest.Tap)} . {Mac(guest.MacAddress)} . {Ipv4.Format(guest.Address)}"));
        Chain(text, "prerouting", "type filter hook prerouting priority -300; policy accept;", [$"iifname \"{TapPrefix}*\" jump guest"]);
        Chain(text, "guest", "",
        [
            "ether type ip iifname . ether saddr . ip saddr @guests accept",
            "ether type arp iifname . ether saddr . arp saddr ip @guests iifname . arp saddr ether . arp saddr ip @guests accept",
            "drop",
        ]);
    }

    private static void Routing(StringBuilder text, FirewallState state)
    {
        IReadOnlyList<BridgeSpec> bridges = state.Bridges;
        Set(text, "bridges", "ifname", bridges.Select(bridge => Quoted(bridge.Name)));
        Set(text, "internal", "ifname", bridges.Where(bridge => bridge.IsInternal).Select(bridge => Quoted(bridge.Name)));
        Set(text, "uplinks", "ifname", state.ShutUplinks.Where(BridgeNames.IsValid).Select(Quoted));
        Chain(text, "raw", "type filter hook prerouting priority -300; policy accept;", ["iifname @bridges ip daddr 127.0.0.0/8 drop"]);
        Chain(text, "input", "type filter hook input priority 0; policy accept;", Input);
        Chain(text, "forward", "type filter hook forward priority 0; policy accept;", Forward(state));
        Chain(text, "published", "", state.Ports.Select(Published));
        Chain(text, "prerouting", "type nat hook prerouting priority -100; policy accept;", ["fib daddr type local jump published"]);
        Chain(text, "output", "type nat hook output priority -100; policy accept;", ["fib daddr type local jump published"]);
        Chain(text, "postrouting", "type nat hook postrouting priority 100; policy accept;", bridges.SelectMany(Masquerade));
    }

    /// <summary>An internal network reaches nothing of the host but its names.</summary>
    private static IEnumerable<string> Input =>
    [
        "iifname @internal ct state established,related accept",
        "iifname @internal udp dport 53 accept",
        "iifname @internal tcp dport 53 accept",
        "iifname @internal icmp type echo-request accept",
        "iifname @internal drop",
    ];

    private static IEnumerable<string> Forward(FirewallState state) =>
    [
        "ct state established,related accept",

        // Where the host filters frames within a bridge, too (bridge-nf-call-iptables).
        .. state.Bridges.Select(bridge => $"iifname {Quoted(bridge.Name)} oifname {Quoted(bridge.Name)} accept"),
        "iifname @internal drop",
        "oifname @internal drop",
        "ct status dnat accept",
        "oifname @bridges drop",
        "iifname @uplinks drop",
    ];

    private static string Published(ForwardedPort port)
    {
        string address = port.HostAddress == 0 ? "" : $"ip daddr {Ipv4.Format(port.HostAddress)} ";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{address}{Protocol(port)} dport {port.HostPort} dnat to {Ipv4.Format(port.Guest.Address)}:{port.Port}");
    }

    private static string Protocol(ForwardedPort port) => port.Protocol is "tcp" or "udp" ? port.Protocol : throw new ArgumentException(port.Protocol);

    /// <summary>Out of the network as the host; into it from the host's loopback, or from its own guests by a published port, as its gateway.</summary>
    private static IEnumerable<string> Masquerade(BridgeSpec bridge) =>
    [
        .. bridge.IsInternal ? [] : new[] { $"ip saddr {bridge.Subnet} oifname != {Quoted(bridge.Name)} masquerade" },
        $"ip saddr 127.0.0.0/8 oifname {Quoted(bridge.Name)} masquerade",
        $"ip saddr {bridge.Subnet} oifname {Quoted(bridge.Name)} ct status dnat masquerade",
    ];

    private static void Set(StringBuilder text, string name, string type, IEnumerable<string> elements)
    {
        string all = string.Join(",\n  ", elements);
        text.Append("set ").Append(name).Append(" {\n type ").Append(type).Append('\n')
            .Append(all.Length > 0 ? $" elements = {{\n  {all}\n }}\n" : "").Append("}\n");
    }

    private static void Chain(StringBuilder text, string name, string head, IEnumerable<string> rules)
    {
        text.Append("chain ").Append(name).Append(" {\n");
        foreach (string line in rules.Prepend(head).Where(line => line.Length > 0))
        {
            text.Append(' ').Append(line).Append('\n');
        }

        text.Append("}\n");
    }

    private static string Quoted(string name) => BridgeNames.IsValid(name) ? $"\"{name}\"" : throw new ArgumentException($"{name} is no name of an interface");

    private static string Mac(IReadOnlyList<byte> mac) => string.Join(':', mac.Select(b => b.ToString("x2", CultureInfo.InvariantCulture)));
}
