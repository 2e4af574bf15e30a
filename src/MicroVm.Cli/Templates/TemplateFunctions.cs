using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroVm.Cli.Templates;

/// <summary>The functions of --format, and what Go's templates call truth and printing.</summary>
internal static class TemplateFunctions
{
    private static readonly JsonWriterOptions s_compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static readonly HashSet<string> Known =
    [
        "json", "join", "split", "upper", "lower", "title", "truncate", "println", "print", "len", "index", "not", "and", "or",
        "eq", "ne", "lt", "le", "gt", "ge",
    ];

    internal static JsonElement Call(string function, List<JsonElement> arguments)
    {
        int needed = function is "index" or "eq" or "ne" or "lt" or "le" or "gt" or "ge" or "join" or "split" or "truncate" ? 2
            : function is "print" or "println" ? 0
            : 1;
        if (arguments.Count < needed)
        {
            throw new TemplateException($"wrong number of args for {function}: want {needed} got {arguments.Count}");
        }

        return function switch
        {
            "json" => Text(Json(arguments[0])),
            "join" => Text(string.Join(Print(arguments[1]), Elements(arguments[0]).Select(Print))),
            "split" => Make(json => WriteTexts(json, Print(arguments[0]).Split(Print(arguments[1])))),
            "upper" => Text(Print(arguments[0]).ToUpperInvariant()),
            "lower" => Text(Print(arguments[0]).ToLowerInvariant()),
            "title" => Text(Title(Print(arguments[0]))),
            "truncate" => Text(Truncate(Print(arguments[0]), arguments[1])),
            "print" => Text(string.Concat(arguments.Select(Print))),
            "println" => Text(string.Join(' ', arguments.Select(Print)) + "\n"),
            "len" => Number(Length(arguments[0])),
            "index" => arguments.Skip(1).Aggregate(arguments[0], Index),
            "not" => Boolean(!IsTrue(arguments[0])),
            "and" => FirstOrLast(arguments, truth: false),
            "or" => FirstOrLast(arguments, truth: true),
            _ => Boolean(Compare(function, arguments)),
        };
    }

    /// <summary>Go's truth: not the zero value of its type.</summary>
    internal static bool IsTrue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.Undefined or JsonValueKind.False => false,
        JsonValueKind.Number => value.GetDouble() != 0,
        JsonValueKind.String => value.GetString()!.Length > 0,
        JsonValueKind.Array or JsonValueKind.Object => Length(value) > 0,
        _ => true,
    };

    internal static IEnumerable<JsonElement> Elements(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray(),
        JsonValueKind.Object => value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => member.Value),
        JsonValueKind.Null => [],
        _ => throw new TemplateException($"range can't iterate over {Print(value)}"),
    };

    /// <summary>Go's %v of the value.</summary>
    internal static string Print(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null or JsonValueKind.Undefined => "<no value>",
        JsonValueKind.Array => $"[{string.Join(' ', value.EnumerateArray().Select(Print))}]",
        JsonValueKind.Object =>
            $"map[{string.Join(' ', value.EnumerateObject().OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => $"{member.Name}:{Print(member.Value)}"))}]",
        _ => value.GetRawText(),
    };

    /// <summary>One of a row's labels, which are a list of KEY=VALUE with commas; empty when it is not there.</summary>
    internal static JsonElement Label(JsonElement labels, string key)
    {
        string prefix = key + "=";
        string? pair = Array.Find(Print(labels).Split(','), candidate => candidate.StartsWith(prefix, StringComparison.Ordinal));
        return Text(pair?[prefix.Length..] ?? "");
    }

    internal static JsonElement Text(string text) => Make(json => json.WriteStringValue(text));

    internal static JsonElement Number(long number) => Make(json => json.WriteNumberValue(number));

    internal static JsonElement Boolean(bool value) => Make(json => json.WriteBooleanValue(value));

    /// <summary>One line, not escaped beyond need.</summary>
    internal static string Json(JsonElement value) => System.Text.Encoding.UTF8.GetString(Serialize(value.WriteTo).Span);

    private static JsonElement Make(Action<Utf8JsonWriter> write)
    {
        using JsonDocument document = JsonDocument.Parse(Serialize(write));
        return document.RootElement.Clone();
    }

    private static ReadOnlyMemory<byte> Serialize(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, s_compact))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }

    private static void WriteTexts(Utf8JsonWriter json, string[] texts)
    {
        json.WriteStartArray();
        Array.ForEach(texts, json.WriteStringValue);
        json.WriteEndArray();
    }

    private static int Length(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength(),
        JsonValueKind.Object => value.EnumerateObject().Count(),
        JsonValueKind.String => System.Text.Encoding.UTF8.GetByteCount(value.GetString()!),
        JsonValueKind.Null => 0,
        _ => throw new TemplateException($"len of {Print(value)}"),
    };

    private static JsonElement Index(JsonElement container, JsonElement key)
    {
        if (container.ValueKind == JsonValueKind.Object)
        {
            return container.TryGetProperty(Print(key), out JsonElement member) ? member : Text("");
        }

        bool inRange = container.ValueKind == JsonValueKind.Array && key.ValueKind == JsonValueKind.Number
            && key.GetInt64() >= 0 && key.GetInt64() < container.GetArrayLength();
        return inRange ? container[(int)key.GetInt64()] : throw new TemplateException($"error calling index: {Print(key)} is out of range");
    }

    private static JsonElement FirstOrLast(List<JsonElement> values, bool truth)
    {
        int index = values.FindIndex(value => IsTrue(value) == truth);
        return index < 0 ? values[^1] : values[index];
    }

    private static bool Compare(string function, List<JsonElement> arguments)
    {
        JsonElement left = arguments[0];
        if (function == "eq")
        {
            return arguments.Skip(1).Any(right => Print(left) == Print(right));
        }

        JsonElement other = arguments[1];
        int order = left.ValueKind == JsonValueKind.Number && other.ValueKind == JsonValueKind.Number
            ? left.GetDouble().CompareTo(other.GetDouble())
            : string.CompareOrdinal(Print(left), Print(other));
        return function switch
        {
            "ne" => order != 0,
            "lt" => order < 0,
            "le" => order <= 0,
            "gt" => order > 0,
            _ => order >= 0,
        };
    }

    private static string Title(string text) => CultureInfo.InvariantCulture.TextInfo.ToTitleCase(text);

    private static string Truncate(string text, JsonElement length) =>
        length.TryGetInt32(out int limit) && limit >= 0 && text.Length > limit ? text[..limit] : text;
}
