namespace MicroVm.Networks.Host;

/// <summary>What an interface may be called.</summary>
public static class BridgeNames
{
    /// <summary>Begins the names of those that no user has named, and of nothing else in the host: a firewall can be told of them all at once.</summary>
    public const string Prefix = "mvm-";

    private const int MaxLength = 15;

    /// <summary>Letters, digits, '-', '_' and '.', as far as the kernel (dev_valid_name) and nft(8) agree; 1–15.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
