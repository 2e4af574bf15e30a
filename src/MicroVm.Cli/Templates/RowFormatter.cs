using System.Buffers;
using System.Text.Json;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Templates;

/// <summary>The --format of lists: a table (the default), <c>table TEMPLATE</c>, <c>json</c>, or a template for each row.</summary>
/// <param name="headers">Heading of each field, for <c>table TEMPLATE</c>.</param>
internal sealed class RowFormatter(IReadOnlyDictionary<string, string> headers)
{
    private const string TablePrefix = "table ";

    /// <param name="format">Null, empty or "table": the caller's own table.</param>
    internal static bool IsDefault(string? format) => string.IsNullOrEmpty(format) || format == "table";

    /// <param name="rows">Field to value, plus objects that functions work on (Labels).</param>
    internal void Write(TextOutput output, string format, IEnumerable<IReadOnlyDictionary<string, string>> rows)
    {
        bool isTable = format.StartsWith(TablePrefix, StringComparison.Ordinal);
        string text = isTable ? format[TablePrefix.Length..] : format == "json" ? "{{json .}}" : format;
        GoTemplate template = GoTemplate.Parse(Unescape(text));
        IEnumerable<string> lines = rows.Select(row => template.Render(ToJson(row)));
        if (!isTable)
        {
            foreach (string line in lines)
            {
                output.WriteLine(line);
            }

            return;
        }

        var table = new Table(template.Render(ToJson(headers)).Split('\t'));
        foreach (string line in lines)
        {
            table.Add(line.Split('\t'));
        }

        table.Write(output);
    }

    // Shells leave \t and \n in single quotes alone; Docker expands them.
    private static string Unescape(string text) =>
        text.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);

    // Members in order of their names, as Go writes maps.
    private static JsonElement ToJson(IReadOnlyDictionary<string, string> row)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string name, string value) in row.OrderBy(member => member.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }

        using JsonDocument document = JsonDocument.Parse(buffer.WrittenMemory);
        return document.RootElement.Clone();
    }
}
