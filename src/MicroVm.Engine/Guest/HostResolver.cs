using System.Net;
using System.Net.Sockets;

namespace MicroVm.Engine.Guest;

/// <summary>The host's name servers, search domains and resolver options (resolv.conf(5)), which containers inherit.</summary>
internal sealed record HostResolver(IReadOnlyList<string> Search, IReadOnlyList<string> Options)
{
    private const int MaxServers = 3; // resolv.h, MAXNS

    private const string ResolvConf = "/etc/resolv.conf";

    public IReadOnlyList<IPAddress> Servers { get; init; } = [];

    /// <summary>Those that a container can ask, too.</summary>
    public IReadOnlyList<IPAddress> Reachable => [.. Servers.Where(server => server.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(server))];

    public static HostResolver Read()
    {
        try
        {
            return Parse(File.ReadLines(ResolvConf));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new([], []);
        }
    }

    public static HostResolver Parse(IEnumerable<string> lines)
    {
        IReadOnlyList<string> search = [];
        IReadOnlyList<string> options = [];
        List<IPAddress> servers = [];
        foreach (string line in lines)
        {
            string[] words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["search" or "domain", .. string[] domains]:
                    search = domains;
                    break;
                case ["nameserver", string server, ..] when servers.Count < MaxServers && IPAddress.TryParse(server, out IPAddress? address):
                    servers.Add(address);
                    break;
                case ["options", .. string[] rest]:
                    options = rest;
                    break;
            }
        }

        return new(search, options) { Servers = servers };
    }
}
