using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Volumes;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

/// <summary><c>volume ls</c>.</summary>
internal sealed class VolumeListCommand : Command
{
    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["Name"] = "VOLUME NAME",
        ["Driver"] = "DRIVER",
        ["Scope"] = "SCOPE",
        ["Mountpoint"] = "MOUNTPOINT",
        ["Labels"] = "LABELS",
        ["Links"] = "LINKS",
        ["Size"] = "SIZE",
    };

    private readonly ListFilters _filters = new();
    private bool _quiet;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Text("filter", 'f', "Provide filter values (e.g. \"dangling=true\")", _filters.Add, "filter");
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("quiet", 'q', "Only display volume names", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", _filters.ToQuery() is { } query ? "/volumes?" + query : "/volumes");
        IReadOnlyList<VolumeDocument> volumes = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.VolumeListResponse)!.Volumes ?? [];
        string format = !RowFormatter.IsDefault(_format) ? _format! : _quiet ? "{{.Name}}" : "table {{.Driver}}\t{{.Name}}";
        new RowFormatter(s_headers).Write(context.Out, format, volumes.OrderBy(volume => volume.Name, StringComparer.Ordinal).Select(Row));
        return ExitCodes.Success;
    }

    private static Dictionary<string, string> Row(VolumeDocument volume) => new()
    {
        ["Name"] = volume.Name,
        ["Driver"] = volume.Driver,
        ["Scope"] = volume.Scope,
        ["Mountpoint"] = volume.Mountpoint,
        ["Labels"] = string.Join(',', (volume.Labels ?? new Dictionary<string, string>()).Select(label => $"{label.Key}={label.Value}")),
        ["Links"] = "N/A",
        ["Size"] = "N/A",
    };
}
