using System.Text;
using System.Text.Json;

namespace MicroVm.Engine.Files;

/// <summary>The parts of a Dockerfile instruction (https://docs.docker.com/reference/dockerfile).</summary>
internal static class InstructionText
{
    public static (string Keyword, string Arguments) Divide(string instruction)
    {
        string text = instruction.Trim();
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        return end < 0 ? (text.ToUpperInvariant(), "") : (text[..end].ToUpperInvariant(), text[end..].Trim());
    }

    /// <summary>Null for what is not a JSON array of strings.</summary>
    public static IReadOnlyList<string>? TryArray(string text)
    {
        if (!text.StartsWith('['))
        {
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
                ? [.. document.RootElement.EnumerateArray().Select(item => item.GetString()!)]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Words between spaces; quotes and backslashes keep spaces within one, and are taken away.</summary>
    public static IReadOnlyList<string> Words(string text) => [.. Split(text).Select(Unquote)];

    /// <summary>name=value, again and again; or, in the old form, a name and all the rest as its value.</summary>
    /// <exception cref="EngineException">Invalid: a word without "=", or without a name.</exception>
    public static IReadOnlyList<(string Name, string Value)> Pairs(string text)
    {
        List<string> words = Split(text);
        if (!words[0].Contains('='))
        {
            (string name, string rest) = (words[0], text[words[0].Length..].Trim());
            return rest.Length > 0 ? [(Unquote(name), rest)] : throw ConfigInstruction.Invalid($"{name} must have two arguments");
        }

        return [.. words.Select(Pair)];
    }

    private static (string Name, string Value) Pair(string word)
    {
        int equals = word.IndexOf('=');
        return equals > 0
            ? (Unquote(word[..equals]), Unquote(word[(equals + 1)..]))
            : throw ConfigInstruction.Invalid($"Syntax error - can't find = in \"{word}\". Must be of the form: name=value");
    }

    private static List<string> Split(string text)
    {
        List<string> words = [];
        StringBuilder word = new();
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (quote == '\0' && char.IsWhiteSpace(c))
            {
                Finish(words, word);
                continue;
            }

            quote = NextQuote(quote, c);
            word.Append(c);
            if (c == '\\' && quote != '\'' && i + 1 < text.Length)
            {
                word.Append(text[++i]);
            }
        }

        Finish(words, word);
        return words;
    }

    /// <summary>The quote that is open behind a character; NUL: none.</summary>
    private static char NextQuote(char quote, char c) => (quote, c) switch
    {
        ('\0', '"' or '\'') => c,
        _ when c == quote => '\0',
        _ => quote,
    };

    private static void Finish(List<string> words, StringBuilder word)
    {
        if (word.Length > 0)
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }

    private static string Unquote(string word)
    {
        StringBuilder text = new();
        char quote = '\0';
        for (int i = 0; i < word.Length; i++)
        {
            char c = word[i];
            if (c == '\\' && quote != '\'' && i + 1 < word.Length)
            {
                text.Append(word[++i]);
            }
            else if (NextQuote(quote, c) == quote)
            {
                text.Append(c);
            }
            else
            {
                quote = NextQuote(quote, c);
            }
        }

        return text.ToString();
    }
}
