using System.Globalization;
using MicroVm.Api.Containers;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Json;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class PsCommand : Command
{
    private const int CommandWidth = 20;
    private const int MountWidth = 15;

    // A daemon may leave out what is empty.
    private static readonly Dictionary<string, string> s_none = [];

    private static readonly string[] s_columns = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"];

    private static Dictionary<string, string> Headers() => new()
    {
        ["ID"] = "CONTAINER ID",
        ["Image"] = "IMAGE",
        ["Command"] = "COMMAND",
        ["CreatedAt"] = "CREATED AT",
        ["RunningFor"] = "CREATED",
        ["Ports"] = "PORTS",
        ["State"] = "STATE",
        ["Status"] = "STATUS",
        ["Size"] = "SIZE",
        ["Names"] = "NAMES",
        ["Labels"] = "LABELS",
        ["Mounts"] = "MOUNTS",
        ["LocalVolumes"] = "LOCAL VOLUMES",
        ["Networks"] = "NETWORKS",
    };

    private readonly ListFilters _filters = new();
    private bool _all;
    private bool _quiet;
    private bool _size;
    private bool _untruncated;
    private int _last = -1;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all", 'a', "Show all containers (default shows just running)", value => _all = value);
        flags.Text("filter", 'f', "Filter output based on conditions provided", _filters.Add, "filter");
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Integer("last", 'n', "Show n last created containers (includes all states)", value => _last = value);
        flags.Switch("latest", 'l', "Show the latest created container (includes all states)", value => _last = value ? 1 : _last);
        flags.Switch("no-trunc", '\0', "Don't truncate output", value => _untruncated = value);
        flags.Switch("quiet", 'q', "Only display container IDs", value => _quiet = value);
        flags.Switch("size", 's', "Display total file sizes", value => _size = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", "/containers/json?" + Query());
        List<ContainerSummary> containers = ContainerSummaries.Read(answer);
        if (_quiet && RowFormatter.IsDefault(_format))
        {
            foreach (ContainerSummary container in containers)
            {
                context.Out.WriteLine(Id(container));
            }
        }
        else if (RowFormatter.IsDefault(_format))
        {
            WriteTable(context.Out, containers);
        }
        else
        {
            new RowFormatter(Headers()).Write(context.Out, _format!, containers.Select(Row));
        }

        return ExitCodes.Success;
    }

    private string Query()
    {
        string limit = _last > 0 ? $"&limit={WholeNumber.Format(_last)}" : "";
        string filters = _filters.ToQuery() is { } query ? $"&{query}" : "";
        bool size = _size || (_format?.Contains(".Size", StringComparison.Ordinal) ?? false);
        return (_all || _last > 0 ? "all=1" : "all=0") + limit + (size ? "&size=1" : "") + filters;
    }

    private void WriteTable(TextOutput output, IReadOnlyList<ContainerSummary> containers)
    {
        var table = new Table(_size ? [.. s_columns, "SIZE"] : s_columns);
        foreach (ContainerSummary container in containers)
        {
            string[] cells = Cells(container);
            table.Add(_size ? [.. cells, Size(container)] : cells);
        }

        table.Write(output);
    }

    private string[] Cells(ContainerSummary container) =>
    [
        Id(container), container.Image, CommandOf(container), RunningFor(container), container.Status, PortList.Format(container.Ports ?? []), Names(container),
    ];

    private Dictionary<string, string> Row(ContainerSummary container) => new()
    {
        ["ID"] = Id(container),
        ["Image"] = container.Image,
        ["Command"] = CommandOf(container),
        ["CreatedAt"] = CreatedAt(container).ToString("yyyy-MM-dd HH:mm:ss +0000 'UTC'", CultureInfo.InvariantCulture),
        ["RunningFor"] = RunningFor(container),
        ["Ports"] = PortList.Format(container.Ports ?? []),
        ["State"] = container.State,
        ["Status"] = container.Status,
        ["Size"] = Size(container),
        ["Names"] = Names(container),
        ["Labels"] = string.Join(',', (container.Labels ?? s_none).Select(label => $"{label.Key}={label.Value}")),
        ["Mounts"] = string.Join(',', (container.Mounts ?? []).Select(MountName)),
        ["LocalVolumes"] = (container.Mounts ?? []).Count(mount => mount.Driver == "local").ToString(CultureInfo.InvariantCulture),
        ["Networks"] = string.Join(',', container.NetworkSettings?.Networks?.Keys ?? []),
    };

    private string MountName(MountPoint mount)
    {
        string name = mount.Name is { Length: > 0 } volume ? volume : mount.Source;
        return _untruncated || name.Length <= MountWidth ? name : name[..(MountWidth - 1)] + "…";
    }

    private string Id(ContainerSummary container) => ShortId.Of(container.Id, _untruncated);

    private string CommandOf(ContainerSummary container)
    {
        string command = SafeText.OneLine(container.Command);
        bool cut = !_untruncated && command.Length > CommandWidth;
        return $"\"{(cut ? command[..(CommandWidth - 1)] + "…" : command)}\"";
    }

    private static string Size(ContainerSummary container)
    {
        string own = HumanSize.Decimal(container.SizeRw ?? 0, 3);
        return container.SizeRootFs is > 0 and { } all ? $"{own} (virtual {HumanSize.Decimal(all, 3)})" : own;
    }

    private static DateTimeOffset CreatedAt(ContainerSummary container) => DateTimeOffset.FromUnixTimeSeconds(container.Created);

    private static string RunningFor(ContainerSummary container) =>
        HumanDuration.Format(DateTimeOffset.UtcNow - CreatedAt(container)) + " ago";

    private static string Names(ContainerSummary container) => container.Names is [var only] ? only.TrimStart('/') : string.Join(',', container.Names).TrimStart('/').Replace(",/", ",", StringComparison.Ordinal);
}
