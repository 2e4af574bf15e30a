using System.Globalization;

namespace MicroVm.Interop.Posix;

/// <summary>What this process may do (capabilities(7)).</summary>
public static class ProcessCapabilities
{
    private const string Effective = "CapEff:";

    /// <param name="capability">Its number in linux/capability.h.</param>
    public static bool Has(int capability) => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith(Effective, StringComparison.Ordinal))
        .Any(line => ulong.TryParse(line.AsSpan(Effective.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong set)
            && ((set >> capability) & 1) != 0);
}
