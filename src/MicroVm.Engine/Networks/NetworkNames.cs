using System.Text.RegularExpressions;

namespace MicroVm.Engine.Networks;

/// <summary>Names of networks.</summary>
public static partial class NetworkNames
{
    public const string Bridge = "bridge";
    public const string Host = "host";
    public const string None = "none";

    /// <summary>What a container's mode says of it, by Docker's names for the default.</summary>
    public static string OfMode(string mode) => mode is "" or "default" ? Bridge : mode;

    internal static bool IsValid(string name) => Pattern().IsMatch(name);

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}\z")]
    private static partial Regex Pattern();
}
