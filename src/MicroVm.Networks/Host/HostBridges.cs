using System.Security.Cryptography;
using System.Text;
using MicroVm.Interop.Netlink;
using MicroVm.Networks.Addresses;

namespace MicroVm.Networks.Host;

/// <summary>The bridges of one daemon in this host's network. Every method does nothing where all is as it should be.</summary>
public sealed class HostBridges : IDisposable
{
    private const string Ipv4Settings = "/proc/sys/net/ipv4";
    private const string Ipv6Settings = "/proc/sys/net/ipv6";
    private readonly Rtnetlink _links = new();
    private readonly string _owner;

    /// <param name="owner">What tells this daemon's bridges from others': letters and digits.</param>
    public HostBridges(string owner) => _owner = $"mvm {owner} ";

    /// <summary>Subnets that this host reaches by an interface that is not ours.</summary>
    public IReadOnlyList<Subnet> Routed() => [.. _links.Routes().Where(route => route.PrefixLength > 0).Select(route => new Subnet(route.Destination, route.PrefixLength))];

    /// <summary>True where it was not there.</summary>
    /// <exception cref="NetworkException">Something else has its name, or the kernel refuses.</exception>
    public bool Ensure(BridgeSpec bridge)
    {
        bool isNew = false;
        Attempt(() => isNew = Make(bridge));
        return isNew;
    }

    private bool Make(BridgeSpec bridge)
    {
        bool isNew = _links.TryAddBridge(bridge.Name, MacOf(bridge), _owner + bridge.Id, bridge.Mtu);
        if (!isNew && AliasOf(bridge.Name) != _owner + bridge.Id)
        {
            throw new NetworkException($"interface {bridge.Name} exists and is no bridge of this network: name another (com.docker.network.bridge.name) or remove it");
        }

        int index = _links.IndexOf(bridge.Name);
        _links.AddAddress(index, bridge.Gateway, bridge.Subnet.PrefixLength);
        Set($"{Ipv6Settings}/conf/{bridge.Name}/disable_ipv6", "1");

        // For ports published on 127.0.0.1; the firewall drops what guests send to such addresses.
        Set($"{Ipv4Settings}/conf/{bridge.Name}/route_localnet", "1");
        _links.SetUp(index);
        return isNew;
    }

    /// <summary>Puts a guest's tap on its bridge; before, nothing of what it sends arrives anywhere.</summary>
    /// <exception cref="NetworkException">The tap is gone, its VM with it.</exception>
    public void Connect(GuestPort port) => Attempt(() =>
    {
        IReadOnlyList<NetworkLink> links = _links.Links();
        int tap = IndexOf(links, port.Tap);
        Set($"{Ipv6Settings}/conf/{port.Tap}/disable_ipv6", "1");
        _links.AddPort(IndexOf(links, port.Bridge.Name), tap, [.. port.MacAddress], port.Bridge.AreGuestsIsolated, port.Bridge.Mtu);
    });

    public void Remove(string name) => Attempt(() =>
    {
        if (AliasOf(name).StartsWith(_owner, StringComparison.Ordinal))
        {
            _links.DeleteLink(name);
        }
    });

    /// <summary>Removes this daemon's bridges but those of these networks.</summary>
    public void RemoveOthers(IReadOnlySet<string> ids) => Attempt(() =>
    {
        foreach (NetworkLink link in _links.Links())
        {
            if (link.Alias.StartsWith(_owner, StringComparison.Ordinal) && !ids.Contains(link.Alias[_owner.Length..]))
            {
                _links.DeleteLink(link.Name);
            }
        }
    });

    /// <summary>Lets this host pass packets on. True when it did not before.</summary>
    public static bool EnableForwarding()
    {
        const string path = Ipv4Settings + "/ip_forward";
        bool isNew = false;
        Attempt(() =>
        {
            isNew = File.ReadAllText(path).Trim() == "0";
            if (isNew)
            {
                Set(path, "1");
            }
        });
        return isNew;
    }

    /// <summary>Interfaces with a default route.</summary>
    public static IReadOnlyList<string> Uplinks()
    {
        const string none = "00000000";
        const int interfaceName = 0, destination = 1, mask = 7;
        return
        [
            .. File.ReadLines("/proc/net/route").Skip(1).Select(line => line.Split('\t'))
                .Where(route => route.Length > mask && route[destination] == none && route[mask] == none)
                .Select(route => route[interfaceName]).Distinct(),
        ];
    }

    public void Dispose() => _links.Dispose();

    private string AliasOf(string name) => _links.Links().FirstOrDefault(link => link.Name == name)?.Alias ?? "";

    private static int IndexOf(IReadOnlyList<NetworkLink> links, string name) =>
        links.FirstOrDefault(link => link.Name == name)?.Index ?? throw new NetworkException($"network interface {name} is gone");

    /// <summary>A host without IPv6 has no such file, and nothing to switch off.</summary>
    private static void Set(string path, string value)
    {
        if (File.Exists(path))
        {
            File.WriteAllText(path, value);
        }
    }

    /// <summary>The same whenever it is made: guests keep it in their tables while the daemon is away.</summary>
    private static byte[] MacOf(BridgeSpec bridge) => [0x02, 0x42, .. SHA256.HashData(Encoding.UTF8.GetBytes(bridge.Id)).AsSpan(0, 4)];

    private static void Attempt(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
        {
            throw new NetworkException(e.Message, e);
        }
    }
}
