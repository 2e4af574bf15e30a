using System.Text.Json;
using System.Text.RegularExpressions;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The <c>filters</c> parameter of lists and prunes: <c>{"key":{"value":true}}</c>, or the older <c>{"key":["value"]}</c>.</summary>
internal sealed class Filters
{
    private const int MaxLength = 64 * 1024;

    private readonly Dictionary<string, List<string>> _values;

    private Filters(Dictionary<string, List<string>> values) => _values = values;

    /// <summary>Throws 400 for malformed JSON and for a key that is not among <paramref name="known"/>.</summary>
    public static Filters Of(HttpContext context, params ReadOnlySpan<string> known)
    {
        var values = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        string text = context.Query("filters");
        if (text.Length > 0)
        {
            Parse(text, values);
        }

        foreach (string key in values.Keys)
        {
            if (!known.Contains(key))
            {
                throw ApiException.BadRequest($"invalid filter '{key}'");
            }
        }

        return new(values);
    }

    public bool Has(string key) => _values.ContainsKey(key);

    public IReadOnlyList<string> Of(string key) => _values.TryGetValue(key, out List<string>? values) ? values : [];

    /// <summary>True when the key is not given, or one of its values fulfils the condition.</summary>
    public bool Any(string key, Func<string, bool> condition) => !Has(key) || Of(key).Any(condition);

    /// <summary>As a regular expression, found anywhere, or the very text.</summary>
    public bool Matches(string key, params string[] texts) => Any(key, value => Array.Exists(texts, text => text == value || Found(value, text)));

    /// <summary><c>name</c> for presence, <c>name=value</c> for equality; all of them must hold, and none of those of <c>KEY!</c>.</summary>
    public bool MatchesLabels(IReadOnlyDictionary<string, string> labels, string key = "label") =>
        Of(key).All(label => HasLabel(labels, label)) && !Of(key + "!").Any(label => HasLabel(labels, label));

    public static bool HasLabel(IReadOnlyDictionary<string, string> labels, string label)
    {
        int equals = label.IndexOf('=', StringComparison.Ordinal);
        return equals < 0
            ? labels.ContainsKey(label)
            : labels.TryGetValue(label[..equals], out string? value) && value == label[(equals + 1)..];
    }

    /// <summary>A yes-or-no filter; <paramref name="otherwise"/> when it is not given.</summary>
    public bool Flag(string key, bool otherwise)
    {
        if (!Has(key))
        {
            return otherwise;
        }

        return Of(key) switch
        {
            ["1" or "true" or "True" or "t"] => true,
            ["0" or "false" or "False" or "f"] => false,
            var other => throw ApiException.BadRequest($"invalid filter '{key}={string.Join(',', other)}'"),
        };
    }

    private static void Parse(string text, Dictionary<string, List<string>> values)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text.Length <= MaxLength ? text : throw new JsonException());
            foreach (JsonProperty filter in document.RootElement.EnumerateObject())
            {
                values[filter.Name] = [.. ValuesOf(filter.Value)];
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw ApiException.BadRequest("invalid filter: " + (text.Length > 100 ? text[..100] + "…" : text));
        }
    }

    private static IEnumerable<string> ValuesOf(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().Select(item => item.GetString() ?? ""),
        _ => element.EnumerateObject().Where(item => item.Value.GetBoolean()).Select(item => item.Name),
    };

    // Linear in the text whatever the expression, as Go's are: it comes from the client.
    private static bool Found(string pattern, string text)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
