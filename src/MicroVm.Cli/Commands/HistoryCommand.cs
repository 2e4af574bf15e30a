using System.Globalization;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

internal sealed class HistoryCommand : Command
{
    private const int CreatedByWidth = 45;

    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["ID"] = "IMAGE",
        ["CreatedSince"] = "CREATED",
        ["CreatedAt"] = "CREATED AT",
        ["CreatedBy"] = "CREATED BY",
        ["Size"] = "SIZE",
        ["Comment"] = "COMMENT",
    };

    private bool _human = true;
    private bool _quiet;
    private bool _untruncated;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("human", 'H', "Print sizes and dates in human readable format (default true)", value => _human = value);
        flags.Switch("no-trunc", '\0', "Don't truncate output", value => _untruncated = value);
        flags.Switch("quiet", 'q', "Only show image IDs", value => _quiet = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", ContainerPaths.OfImage(operands[0], "/history"));
        IReadOnlyList<ImageHistoryItem> steps = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.IReadOnlyListImageHistoryItem) ?? [];
        string? format = RowFormatter.IsDefault(_format) && _quiet ? "{{.ID}}" : _format;
        if (RowFormatter.IsDefault(format))
        {
            WriteTable(context.Out, steps);
        }
        else
        {
            new RowFormatter(s_headers).Write(context.Out, format!, steps.Select(Row));
        }

        return ExitCodes.Success;
    }

    private void WriteTable(TextOutput output, IReadOnlyList<ImageHistoryItem> steps)
    {
        var table = new Table("IMAGE", _human ? "CREATED" : "CREATED AT", "CREATED BY", "SIZE", "COMMENT");
        foreach (ImageHistoryItem step in steps)
        {
            table.Add(ShortId.Of(step.Id, _untruncated), _human ? CreatedSince(step) : CreatedAt(step), CreatedBy(step), Size(step), step.Comment);
        }

        table.Write(output);
    }

    private Dictionary<string, string> Row(ImageHistoryItem step) => new()
    {
        ["ID"] = ShortId.Of(step.Id, _untruncated),
        ["CreatedSince"] = CreatedSince(step),
        ["CreatedAt"] = CreatedAt(step),
        ["CreatedBy"] = CreatedBy(step),
        ["Size"] = Size(step),
        ["Comment"] = step.Comment,
    };

    private string CreatedBy(ImageHistoryItem step)
    {
        string command = SafeText.OneLine(step.CreatedBy.Replace('\t', ' '));
        return !_untruncated && command.Length > CreatedByWidth ? command[..(CreatedByWidth - 1)] + "…" : command;
    }

    private string Size(ImageHistoryItem step) => _human ? HumanSize.Decimal(step.Size, 3) : step.Size.ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset Created(ImageHistoryItem step) => DateTimeOffset.FromUnixTimeSeconds(step.Created);

    private static string CreatedAt(ImageHistoryItem step) => Created(step).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string CreatedSince(ImageHistoryItem step) =>
        step.Created > 0 ? HumanDuration.Format(DateTimeOffset.UtcNow - Created(step)) + " ago" : "N/A";
}
