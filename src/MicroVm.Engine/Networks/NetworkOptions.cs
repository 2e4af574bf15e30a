using System.Globalization;
using MicroVm.Networks.Addresses;
using MicroVm.Networks.Host;

namespace MicroVm.Engine.Networks;

/// <summary>Checks what a network is asked to be, in Docker's words where there are some.</summary>
internal static class NetworkOptions
{
    public const string BridgeName = "com.docker.network.bridge.name";
    public const string Mtu = "com.docker.network.driver.mtu";
    public const string ContainersConnect = "com.docker.network.bridge.enable_icc";
    private const int LeastMtu = 68; // RFC 791
    private const int MostMtu = 65521; // What virtio-net takes.
    private const int MaxAuxiliary = 256;

    /// <exception cref="EngineException">Invalid or Forbidden.</exception>
    public static void Check(NetworkRequest request)
    {
        if (request.Name is NetworkNames.Bridge or NetworkNames.Host or NetworkNames.None or "default")
        {
            throw new EngineException(EngineErrorKind.Forbidden, $"operation is not permitted on predefined {request.Name} network");
        }

        Require(NetworkNames.IsValid(request.Name), $"invalid network name \"{OneLine.Of(request.Name, 64)}\": letters, digits, _ . and -, at most 128");
        Require(request.Driver is "" or NetworkRecord.BridgeDriver, $"could not find plugin {OneLine.Of(request.Driver, 64)}: the driver is bridge");
        CheckDriverOptions(request.Options);
        CheckAddresses(request);
    }

    /// <summary>Of a text that was checked.</summary>
    public static Subnet ParseSubnet(string text) => Subnet.TryParse(text, out Subnet subnet) ? subnet : default;

    private static void CheckDriverOptions(IReadOnlyDictionary<string, string> options)
    {
        if (options.TryGetValue(BridgeName, out string? name))
        {
            Require(BridgeNames.IsValid(name), $"invalid bridge name \"{OneLine.Of(name, 32)}\": letters, digits, _ . and -, at most 15");
        }

        if (options.TryGetValue(Mtu, out string? text))
        {
            Require(
                int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int mtu) && mtu is >= LeastMtu and <= MostMtu,
                $"invalid MTU \"{OneLine.Of(text, 32)}\": {LeastMtu} to {MostMtu}");
        }

        if (options.TryGetValue(ContainersConnect, out string? connect))
        {
            Require(connect is "true" or "false", $"invalid {ContainersConnect} \"{OneLine.Of(connect, 32)}\": true or false");
        }
    }

    private static void CheckAddresses(NetworkRequest request)
    {
        bool hasSubnet = request.Subnet.Length > 0;
        Subnet subnet = default;
        Require(!hasSubnet || Subnet.TryParse(request.Subnet, out subnet), $"invalid subnet {OneLine.Of(request.Subnet, 64)}: an IPv4 one such as 10.1.0.0/24");
        Require(!hasSubnet || subnet.PrefixLength is >= 8 and <= 30, $"invalid subnet {subnet}: from /8 to /30");
        Require(hasSubnet || (request.Range + request.Gateway).Length + request.AuxiliaryAddresses.Count == 0, "a gateway, range or other address needs its subnet (--subnet)");
        Require(
            request.Range.Length == 0 || (Subnet.TryParse(request.Range, out Subnet range) && subnet.Contains(range)),
            $"no matching subnet for range {OneLine.Of(request.Range, 64)}");
        Require(request.AuxiliaryAddresses.Count <= MaxAuxiliary, $"too many auxiliary addresses: at most {MaxAuxiliary}");
        foreach (string address in request.AuxiliaryAddresses.Values.Append(request.Gateway).Where(text => text.Length > 0))
        {
            Require(
                Ipv4.TryParse(address, out uint number) && subnet.Contains(number) && number != subnet.First && number != subnet.Last,
                $"no matching subnet for address {OneLine.Of(address, 64)}");
        }
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }
}
