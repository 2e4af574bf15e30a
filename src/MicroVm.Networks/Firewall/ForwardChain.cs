using MicroVm.Networks.Host;

namespace MicroVm.Networks.Firewall;

/// <summary>Another program's chain that drops what is forwarded and none of its rules accepts. No accept of ours overrules that.</summary>
/// <param name="Family">Of nftables: ip, inet.</param>
/// <param name="LetsBridgesPass">It has rules that accept what our bridges send, and what goes to them.</param>
public sealed record ForwardChain(string Family, string Table, string Name, bool LetsBridgesPass)
{
    /// <summary>A pattern of nft(8)'s for the bridges.</summary>
    internal const string Bridges = BridgeNames.Prefix + "*";

    /// <summary>The shell command that makes it let them pass, until the host starts anew.</summary>
    public string Remedy => (Family, Table, Name) == ("ip", "filter", "FORWARD")
        ? $"iptables -I FORWARD -i {BridgeNames.Prefix}+ -j ACCEPT && iptables -I FORWARD -o {BridgeNames.Prefix}+ -j ACCEPT"
        : $"nft '{Accepting("iifname")}; {Accepting("oifname")}'";

    public override string ToString() => $"{Family} {Table} {Name}";

    private string Accepting(string direction) => $"insert rule {this} {direction} \"{Bridges}\" accept";
}
