using System.Text.Json;

namespace MicroVm.Images.Files;

/// <summary>
/// Reads JSON that a registry or an archive gave: a missing or null member is a default, a member of the wrong type is
/// an error that names it.
/// </summary>
internal static class JsonRead
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 32 };

    /// <summary>Parses <paramref name="json"/> and hands its root to <paramref name="read"/>.</summary>
    /// <param name="what">Names the document in errors: "image configuration".</param>
    /// <exception cref="ImageException">Invalid: not JSON, not UTF-8, or not of the expected shape.</exception>
    public static T Parse<T>(ReadOnlyMemory<byte> json, string what, Func<JsonElement, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, s_options);
            return read(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // InvalidOperationException: a string that is not valid UTF-8 or has a lone surrogate.
            throw new ImageException(ImageErrorKind.Invalid, $"invalid {what}: {OneLine.Of(e.Message)}", e);
        }
    }

    public static JsonElement? Member(this JsonElement parent, string name, JsonValueKind kind)
    {
        if (parent.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException("expected an object");
        }

        if (!parent.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == kind ? value : throw new FormatException($"'{name}' is not of type {kind}");
    }

    public static string? Text(this JsonElement parent, string name) =>
        parent.Member(name, JsonValueKind.String)?.GetString() is { } text ? NoNul(text, name) : null;

    public static long Number(this JsonElement parent, string name)
    {
        JsonElement? value = parent.Member(name, JsonValueKind.Number);
        return value is null ? 0
            : value.Value.TryGetInt64(out long number) ? number
            : throw new FormatException($"'{name}' is out of range");
    }

    public static bool Flag(this JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object
        && parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    public static JsonElement? Object(this JsonElement parent, string name) => parent.Member(name, JsonValueKind.Object);

    public static IEnumerable<JsonElement> Items(this JsonElement parent, string name) =>
        parent.Member(name, JsonValueKind.Array) is { } array ? array.EnumerateArray() : [];

    public static IReadOnlyList<string>? Texts(this JsonElement parent, string name) =>
        parent.Member(name, JsonValueKind.Array) is { } array
            ? [.. array.EnumerateArray().Select(item => ItemText(item, name))]
            : null;

    /// <summary>An array of strings, or one string alone, which Docker reads as an array of one.</summary>
    public static IReadOnlyList<string>? TextOrTexts(this JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? [NoNul(value.GetString()!, name)]
            : parent.Texts(name);

    public static IReadOnlyDictionary<string, string> TextMap(this JsonElement parent, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (parent.Object(name) is { } members)
        {
            foreach (JsonProperty member in members.EnumerateObject())
            {
                map[NoNul(member.Name, name)] = ItemText(member.Value, name);
            }
        }

        return map;
    }

    /// <summary>The names of an object's members, as Go writes a set.</summary>
    public static IReadOnlyList<string> Names(this JsonElement parent, string name) =>
        parent.Object(name) is { } members
            ? [.. members.EnumerateObject().Select(member => NoNul(member.Name, name)).Distinct()]
            : [];

    private static string ItemText(JsonElement item, string name) => item.ValueKind switch
    {
        JsonValueKind.String => NoNul(item.GetString()!, name),
        JsonValueKind.Null => "",
        _ => throw new FormatException($"'{name}' holds something that is not a string"),
    };

    // A NUL would cut the string where it reaches a system call in the guest.
    private static string NoNul(string text, string name) =>
        text.Contains('\0') ? throw new FormatException($"'{name}' has a NUL character") : text;
}
