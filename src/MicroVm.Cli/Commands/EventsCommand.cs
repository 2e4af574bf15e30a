using System.Globalization;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Events;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class EventsCommand : Command
{
    private readonly ListFilters _filters = new();
    private string? _since;
    private string? _until;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Text("filter", 'f', "Filter output based on conditions provided", _filters.Add, "filter");
        flags.Text("format", '\0', "Format output: 'json' or a Go template", value => _format = value);
        flags.Text("since", '\0', "Show all events created since timestamp", value => _since = Timestamp.Parse(value));
        flags.Text("until", '\0', "Stream events until this timestamp", value => _until = Timestamp.Parse(value));
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        GoTemplate? template = _format is { Length: > 0 } format ? GoTemplate.Parse(format == "json" ? "{{json .}}" : format) : null;
        foreach (ReadOnlyMemory<byte> line in JsonLines.Read(context.Client.Stream("GET", "/events?" + Query())))
        {
            context.Out.WriteLine(template is null ? Format(line) : Render(template, line)).Flush();
        }

        return ExitCodes.Success;
    }

    private string Query() => string.Join('&', new[]
    {
        _since is null ? null : "since=" + _since,
        _until is null ? null : "until=" + _until,
        _filters.ToQuery(),
    }.OfType<string>());

    private static string Render(GoTemplate template, ReadOnlyMemory<byte> line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return template.Render(document.RootElement);
    }

    private static string Format(ReadOnlyMemory<byte> line)
    {
        EventMessage message = JsonSerializer.Deserialize(line.Span, ApiJsonContext.Api.EventMessage)!;
        DateTimeOffset time = DateTimeOffset.UnixEpoch.AddTicks(message.TimeNano / TimeSpan.NanosecondsPerTick).ToLocalTime();
        string stamp = time.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00'", CultureInfo.InvariantCulture)
            + (time.Offset == TimeSpan.Zero ? "Z" : time.ToString("zzz", CultureInfo.InvariantCulture));
        IEnumerable<string> attributes = (message.Actor.Attributes ?? new Dictionary<string, string>())
            .OrderBy(attribute => attribute.Key, StringComparer.Ordinal).Select(attribute => $"{attribute.Key}={attribute.Value}");
        return SafeText.OneLine($"{stamp} {message.Type} {message.Action} {message.Actor.Id} ({string.Join(", ", attributes)})");
    }
}
