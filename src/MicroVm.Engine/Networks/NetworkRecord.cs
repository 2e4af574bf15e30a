using System.Globalization;
using System.Text.Json.Serialization;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Host;

namespace MicroVm.Engine.Networks;

/// <summary>One network, as it was made; one JSON file each.</summary>
public sealed record NetworkRecord
{
    /// <summary>Format of the file; a daemon refuses one that is newer.</summary>
    public const int CurrentVersion = 1;

    public const string BridgeDriver = "bridge";

    public int Version { get; init; } = CurrentVersion;

    /// <summary>64 hex digits.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>bridge, host, null.</summary>
    public string Driver { get; init; } = BridgeDriver;

    /// <summary>No way out of it.</summary>
    public bool IsInternal { get; init; }

    public bool IsAttachable { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The driver's, com.docker.network.….</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>ADDRESS/LENGTH; empty: it has none (host, none, user-mode networking).</summary>
    public string Subnet { get; init; } = "";

    /// <summary>The user asked for that subnet: only then may a container ask for an address.</summary>
    public bool HasOwnSubnet { get; init; }

    /// <summary>Where addresses come from; empty: the whole subnet.</summary>
    public string Range { get; init; } = "";

    public string Gateway { get; init; } = "";

    /// <summary>Addresses that are others', by name.</summary>
    public IReadOnlyDictionary<string, string> AuxiliaryAddresses { get; init; } = new Dictionary<string, string>();

    [JsonIgnore]
    public bool IsPredefined => Name is NetworkNames.Bridge or NetworkNames.Host or NetworkNames.None;

    /// <summary>Containers find each other by name, but on the default network, as with Docker.</summary>
    [JsonIgnore]
    public bool HasNames => Driver == BridgeDriver && !IsPredefined;

    /// <summary>What the kernel calls its bridge.</summary>
    [JsonIgnore]
    public string BridgeName => Options.GetValueOrDefault(NetworkOptions.BridgeName, BridgeNames.Prefix + Id[..11]);

    [JsonIgnore]
    internal Subnet Block => Networks.NetworkOptions.ParseSubnet(Subnet);

    [JsonIgnore]
    internal uint GatewayAddress => Ipv4.TryParse(Gateway, out uint address) ? address : 0;

    /// <summary>Bytes; 0: the kernel's default.</summary>
    [JsonIgnore]
    internal int Mtu => Options.TryGetValue(NetworkOptions.Mtu, out string? text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;

    internal BridgeSpec ToBridge() => new(
        BridgeName, Id, Block, GatewayAddress, Mtu, IsInternal, Options.GetValueOrDefault(NetworkOptions.ContainersConnect, "true") == "false");
}
