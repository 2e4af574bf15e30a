using System.Globalization;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Networks;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

/// <summary><c>network ls</c>.</summary>
internal sealed class NetworkListCommand : Command
{
    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["ID"] = "NETWORK ID",
        ["Name"] = "NAME",
        ["Driver"] = "DRIVER",
        ["Scope"] = "SCOPE",
        ["IPv4"] = "IPV4",
        ["IPv6"] = "IPV6",
        ["Internal"] = "INTERNAL",
        ["Labels"] = "LABELS",
        ["CreatedAt"] = "CREATED AT",
    };

    private readonly ListFilters _filters = new();
    private string? _format;
    private bool _quiet;
    private bool _untruncated;

    internal override void Define(FlagSet flags)
    {
        flags.Text("filter", 'f', "Provide filter values (e.g. \"driver=bridge\")", _filters.Add, "filter");
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("no-trunc", '\0', "Do not truncate the output", value => _untruncated = value);
        flags.Switch("quiet", 'q', "Only display network IDs", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string path = _filters.ToQuery() is { } query ? "/networks?" + query : "/networks";
        IReadOnlyList<NetworkResource> networks = JsonSerializer.Deserialize(context.Client.Request("GET", path), ApiJsonContext.Api.IReadOnlyListNetworkResource) ?? [];
        List<NetworkResource> sorted = [.. networks.OrderBy(network => network.Name, StringComparer.Ordinal)];
        if (!RowFormatter.IsDefault(_format) || !_quiet)
        {
            string format = RowFormatter.IsDefault(_format) ? "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}" : _format!;
            new RowFormatter(s_headers).Write(context.Out, format, sorted.Select(Row));
            return ExitCodes.Success;
        }

        sorted.ForEach(network => context.Out.WriteLine(ShortId.Of(network.Id, _untruncated)));
        return ExitCodes.Success;
    }

    private Dictionary<string, string> Row(NetworkResource network) => new()
    {
        ["ID"] = ShortId.Of(network.Id, _untruncated),
        ["Name"] = SafeText.OneLine(network.Name),
        ["Driver"] = network.Driver,
        ["Scope"] = network.Scope,
        ["IPv4"] = Truth(network.EnableIPv4),
        ["IPv6"] = Truth(network.EnableIPv6),
        ["Internal"] = Truth(network.Internal),
        ["Labels"] = SafeText.OneLine(string.Join(',', network.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).Select(label => $"{label.Key}={label.Value}"))),
        ["CreatedAt"] = CreatedAt(network.Created),
    };

    /// <summary>As Go prints a time.</summary>
    private static string CreatedAt(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out DateTimeOffset created)
            ? created.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF +0000 'UTC'", CultureInfo.InvariantCulture)
            : SafeText.OneLine(text);

    private static string Truth(bool value) => value ? "true" : "false";
}
