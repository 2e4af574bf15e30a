using System.Net;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>One published container port.</summary>
/// <param name="Port">As the API names it: <c>80/tcp</c>.</param>
/// <param name="HostAddress">Empty: every address.</param>
/// <param name="HostPort">Empty: any free port; a range: a free one of it.</param>
internal sealed record PortSpec(string Port, string HostAddress, string HostPort)
{
    /// <summary>
    /// <c>[[ADDRESS:]HOST[-END]:]CONTAINER[-END][/PROTOCOL]</c>, or <c>target=80,published=8080,protocol=tcp</c>.
    /// </summary>
    /// <exception cref="CliException">It is no port specification.</exception>
    internal static List<PortSpec> Parse(string text)
    {
        string raw = text.Contains('=', StringComparison.Ordinal) ? FromFields(text) : text;
        (string address, string host, string container) = SplitParts(raw);
        (container, string protocol) = SplitProtocol(container);
        address = ParseAddress(address);
        if (container.Length == 0)
        {
            throw Wrong($"no port specified: {raw}<empty>");
        }

        PortRange containers = PortRange.TryParse(container) ?? throw Wrong($"invalid containerPort: {container}");
        PortRange? hosts = host.Length == 0 ? null : PortRange.TryParse(host) ?? throw Wrong($"invalid hostPort: {host}");
        if (hosts is not null && containers.Length > 1 && hosts.Length != containers.Length)
        {
            throw Wrong($"invalid ranges specified for container and host Ports: {container} and {host}");
        }

        return Pair(containers, hosts, protocol, address);
    }

    /// <summary>--expose: <c>PORT[-END][/PROTOCOL]</c>, as the API names them.</summary>
    internal static List<string> ParseExposed(string text)
    {
        if (text.Contains(':', StringComparison.Ordinal))
        {
            throw Wrong($"invalid port format for --expose: {text}");
        }

        (string ports, string protocol) = SplitProtocol(text);
        (int first, int last) = PortRange.TryParse(ports)
            ?? throw Wrong($"invalid range format for --expose: {text}, error: strconv.ParseUint: parsing \"{ports}\": invalid syntax");
        var names = new List<string>();
        for (int port = first; port <= last; port++)
        {
            names.Add($"{port}/{protocol}");
        }

        return names;
    }

    private static List<PortSpec> Pair(PortRange containers, PortRange? hosts, string protocol, string address)
    {
        var pairs = new List<PortSpec>();
        for (int index = 0; index < containers.Length; index++)
        {
            string host = hosts is null ? ""
                : containers.Length == 1 && hosts.Length > 1 ? $"{hosts.First}-{hosts.Last}"
                : $"{hosts.First + index}";
            pairs.Add(new PortSpec($"{containers.First + index}/{protocol}", address, host));
        }

        return pairs;
    }

    private static (string Address, string Host, string Container) SplitParts(string raw)
    {
        string[] parts = raw.Split(':');
        return parts.Length switch
        {
            1 => ("", "", parts[0]),
            2 => ("", parts[0], parts[1]),
            _ => (string.Join(':', parts[..^2]), parts[^2], parts[^1]),
        };
    }

    private static (string Port, string Protocol) SplitProtocol(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string protocol = slash < 0 || slash == text.Length - 1 ? "tcp" : text[(slash + 1)..].ToLowerInvariant();
        return protocol is "tcp" or "udp" or "sctp"
            ? (slash < 0 ? text : text[..slash], protocol)
            : throw Wrong($"invalid proto: {protocol}");
    }

    private static string ParseAddress(string text)
    {
        string bare = text is ['[', .., ']'] ? text[1..^1] : text;
        return bare.Length == 0 || IsAddress(bare) ? bare : throw Wrong($"invalid IP address: {text}");
    }

    // IPAddress takes "1.2.3" and "80" for addresses; nobody means that.
    internal static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out _)
        && (text.Contains(':', StringComparison.Ordinal) || text.AsSpan().Count('.') == 3);

    private static string FromFields(string text)
    {
        string target = "", published = "", protocol = "tcp";
        foreach (string field in text.Split(','))
        {
            int equals = field.IndexOf('=', StringComparison.Ordinal);
            string value = equals < 0 ? throw new FlagValueException($"invalid field: {field}") : field[(equals + 1)..];
            switch (field[..equals])
            {
                case "target": target = value; break;
                case "published": published = value; break;
                case "protocol": protocol = value; break;
                case "mode": break;
                default: throw new FlagValueException($"invalid field key {field[..equals]}");
            }
        }

        string container = $"{target}/{protocol}";
        return published.Length == 0 ? container : $"{published}:{container}";
    }

    private static CliException Wrong(string message) => new(message);
}
