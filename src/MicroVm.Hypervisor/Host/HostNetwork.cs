using MicroVm.Interop.Netlink;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Host;

/// <summary>Whether VMs can have taps on bridges here, with their packets filtered.</summary>
public static class HostNetwork
{
    private const int NetworkAdministration = 12; // CAP_NET_ADMIN
    private static readonly string[] s_nft = ["/usr/sbin/nft", "/sbin/nft", "/usr/bin/nft", "/usr/local/sbin/nft"];

    /// <summary>nft(8); null: nftables is not installed.</summary>
    public static string? Nft => s_nft.FirstOrDefault(File.Exists);

    /// <summary>Null: they can. Else why not, and the command that mends it, if there is one.</summary>
    public static (string Reason, string Remedy)? Fault() =>
        !Environment.IsPrivilegedProcess ? ("the daemon is not root", "")
        : !ProcessCapabilities.Has(NetworkAdministration) ? ("the daemon may not change the network (CAP_NET_ADMIN)", "")
        : !TapDevice.IsUsable() ? ($"{TapDevice.Device} can't be used", "modprobe tun")
        : Nft is null ? ("nft, which filters packets, not found", "apt-get install nftables")
        : null;
}
