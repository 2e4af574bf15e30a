using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace MicroVm.Builds;

/// <summary>The two forms of arguments: a JSON array of strings, or words.</summary>
public static class JsonForm
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 4 };

    /// <summary>False: no array, or one of other things than strings.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IReadOnlyList<string>? items)
    {
        items = null;
        if (!text.StartsWith('['))
        {
            return false;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text, s_options);
            items = document.RootElement.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(item => item.GetString()!)]
                : null;
            return items is not null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>An array's items, else what stands between spaces.</summary>
    internal static IReadOnlyList<string> List(string text) => TryParse(text, out IReadOnlyList<string>? items)
        ? items
        : text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Go's %q of a list: ["a" "b"].</summary>
    public static string Quoted(IEnumerable<string> items) => "[" + string.Join(' ', items.Select(Quote)) + "]";

    /// <summary>Go's %q of a string, for what is not printable alone.</summary>
    public static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                '\r' => quoted.Append("\\r"),
                _ when char.IsControl(c) => quoted.Append("\\x").Append(((int)c).ToString("x2", null)),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>What stands between spaces, where quotes and escapes keep spaces within a word; these stay.</summary>
    public static IReadOnlyList<string> Words(string text, char escape = '\\')
    {
        List<string> words = [];
        var word = new StringBuilder();
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                Finish(words, word);
                continue;
            }

            quote = quote == '\0' && c is '"' or '\'' ? c : c == quote ? '\0' : quote;
            word.Append(c);
            if (c == escape && quote != '\'' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
            }
        }

        Finish(words, word);
        return words;
    }

    private static void Finish(List<string> words, StringBuilder word)
    {
        if (word.Length > 0)
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }
}
