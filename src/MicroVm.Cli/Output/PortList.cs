using MicroVm.Api.Containers;

namespace MicroVm.Cli.Output;

/// <summary>The PORTS column: <c>0.0.0.0:8080->80/tcp, 443/tcp</c>, neighbours joined to ranges.</summary>
internal static class PortList
{
    internal static string Format(IReadOnlyList<ContainerPort> ports)
    {
        if (ports.Count == 0)
        {
            return "";
        }

        var parts = new List<string>();
        var sorted = ports
            .OrderBy(port => port.Type, StringComparer.Ordinal)
            .ThenBy(port => port.PublicPort == 0 ? "" : port.IP ?? "", StringComparer.Ordinal)
            .ThenBy(port => port.PrivatePort)
            .ThenBy(port => port.PublicPort)
            .ToList();
        for (int first = 0; first < sorted.Count;)
        {
            int last = first;
            while (last + 1 < sorted.Count && Follows(sorted[last], sorted[last + 1]))
            {
                last++;
            }

            parts.Add(Describe(sorted[first], sorted[last]));
            first = last + 1;
        }

        return string.Join(", ", parts);
    }

    private static bool Follows(ContainerPort port, ContainerPort next) =>
        port.Type == next.Type
        && (port.PublicPort == 0) == (next.PublicPort == 0)
        && (port.PublicPort == 0 || (port.IP == next.IP && next.PublicPort == port.PublicPort + 1))
        && next.PrivatePort == port.PrivatePort + 1;

    private static string Describe(ContainerPort first, ContainerPort last)
    {
        string inside = $"{Range(first.PrivatePort, last.PrivatePort)}/{first.Type}";
        if (first.PublicPort == 0)
        {
            return inside;
        }

        string address = first.IP is { } ip && ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : first.IP ?? "";
        return $"{address}:{Range(first.PublicPort, last.PublicPort)}->{inside}";
    }

    private static string Range(int first, int last) => first == last ? $"{first}" : $"{first}-{last}";
}
