using System.Net;
using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Networks;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>The files that Docker writes over the image's own: /etc/hosts, /etc/hostname, /etc/resolv.conf.</summary>
internal static class EtcFiles
{
    private const uint Mode = 0x1A4; // 0644
    private const int MaxContent = 65536;
    private const string HostGateway = "host-gateway";

    /// <param name="container">With its places on networks.</param>
    public static IReadOnlyList<InjectedFile> Make(ContainerSnapshot container, HostResolver host) =>
    [
        File("/etc/hosts", Hosts(container)),
        File("/etc/hostname", container.Effective.Hostname + "\n"),
        File("/etc/resolv.conf", ResolvConf(container.Spec, container.Endpoints, host)),
    ];

    /// <summary>name:address (or name=address); the address may be host-gateway, which is returned as such.</summary>
    public static bool TryParseExtraHost(string text, out string name, out string address)
    {
        int separator = text.IndexOfAny([':', '=']);
        name = separator > 0 ? text[..separator] : "";
        address = separator > 0 ? text[(separator + 1)..].Trim('[', ']') : "";
        return name.Length is > 0 and <= 255 && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            && (address == HostGateway || IPAddress.TryParse(address, out _));
    }

    private static string Hosts(ContainerSnapshot container)
    {
        ContainerSpec spec = container.Spec;
        string gateway = container.Endpoints.FirstOrDefault(endpoint => endpoint.IsWayOut)?.Gateway ?? "";
        StringBuilder text = new(
            """
            127.0.0.1	localhost
            ::1	localhost ip6-localhost ip6-loopback
            fe00::	ip6-localnet
            ff00::	ip6-mcastprefix
            ff02::1	ip6-allnodes
            ff02::2	ip6-allrouters

            """);
        foreach (string extra in spec.ExtraHosts)
        {
            _ = TryParseExtraHost(extra, out string name, out string address);
            string known = address == HostGateway ? gateway : address;
            text.Append(known.Length > 0 ? $"{known}\t{name}\n" : "");
        }

        string hostname = container.Effective.Hostname;
        string names = spec.Domainname.Length > 0 ? $"{hostname}.{spec.Domainname} {hostname}" : hostname;
        foreach (NetworkEndpoint endpoint in container.Endpoints)
        {
            text.Append(endpoint.Address).Append('\t').Append(names).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A network that has names asks the servers of --dns itself.</summary>
    private static string ResolvConf(ContainerSpec spec, IReadOnlyList<NetworkEndpoint> endpoints, HostResolver host)
    {
        bool connected = endpoints.Count > 0;
        NetworkEndpoint? named = endpoints.FirstOrDefault(endpoint => endpoint.HasNames) ?? (connected ? endpoints[0] : null);
        IReadOnlyList<string> servers = spec.Dns.Count > 0 && named is not { HasNames: true } ? spec.Dns : named?.NameServers ?? [];
        IReadOnlyList<string> search = spec.DnsSearch.Count > 0 ? spec.DnsSearch : connected ? host.Search : [];
        IReadOnlyList<string> options = spec.DnsOptions.Count > 0 ? spec.DnsOptions : connected ? host.Options : [];
        if (named is { HasNames: true } && !options.Any(option => option.StartsWith("ndots:", StringComparison.Ordinal)))
        {
            // A container's name has no dot: it is asked for as it is, before any search domain is added to it.
            options = [.. options, "ndots:0"];
        }

        StringBuilder text = new();
        foreach (string server in servers)
        {
            text.Append("nameserver ").Append(server).Append('\n');
        }

        // "." as the only search domain means none (docker run --dns-search=.).
        AppendList(text, "search", search is ["."] ? [] : search);
        AppendList(text, "options", options);
        return text.ToString();
    }

    private static void AppendList(StringBuilder text, string keyword, IReadOnlyList<string> words)
    {
        if (words.Count > 0)
        {
            text.Append(keyword).Append(' ').AppendJoin(' ', words.Select(word => OneLine.Of(word, 255))).Append('\n');
        }
    }

    private static InjectedFile File(string path, string content)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(content);
        return bytes.Length <= MaxContent
            ? new(path, Mode, bytes)
            : throw new EngineException(EngineErrorKind.Invalid, $"{path} would be {bytes.Length} bytes long: at most {MaxContent}");
    }
}
