namespace MicroVm.Networks.Host;

/// <summary>What an interface may be called.</summary>
public static class BridgeNames
{
    private const int MaxLength = 15;

    /// <summary>Letters, digits, '-', '_' and '.', as far as the kernel (dev_valid_name) and nft(8) agree; 1–15.</summary>
    public static bool IsValid(string name) => name.Length is > 0 and <= MaxLength && name is not ("." or "..")
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
