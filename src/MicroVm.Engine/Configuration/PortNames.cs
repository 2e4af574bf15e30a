using System.Globalization;

namespace MicroVm.Engine.Configuration;

/// <summary>Exposed ports as Docker writes them: <c>80/tcp</c>, <c>53/udp</c>.</summary>
internal static class PortNames
{
    /// <summary>Adds the protocol where it is missing.</summary>
    public static string Normalize(string port) =>
        port.Contains('/', StringComparison.Ordinal) ? port.ToLowerInvariant() : port + "/tcp";

    public static bool TryParse(string text, out int port, out string protocol)
    {
        string[] parts = Normalize(text).Split('/');
        protocol = parts[1];
        return int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out port)
            && port is >= 1 and <= 65535 && parts.Length == 2 && protocol is "tcp" or "udp";
    }
}
