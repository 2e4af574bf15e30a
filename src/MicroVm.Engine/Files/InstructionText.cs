using System.Text;
using MicroVm.Builds;

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
    public static IReadOnlyList<string>? TryArray(string text) => JsonForm.TryParse(text, out IReadOnlyList<string>? items) ? items : null;

    /// <summary>Words between spaces; quotes and backslashes keep spaces within one, and are taken away.</summary>
    public static IReadOnlyList<string> Words(string text) => [.. JsonForm.Words(text).Select(Unquote)];

    /// <summary>name=value, again and again; or, in the old form, a name and all the rest as its value.</summary>
    /// <exception cref="EngineException">Invalid: a word without "=", or without a name.</exception>
    public static IReadOnlyList<(string Name, string Value)> Pairs(string text)
    {
        IReadOnlyList<string> words = JsonForm.Words(text);
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

    /// <summary>The quote that is open behind a character; NUL: none.</summary>
    private static char NextQuote(char quote, char c) => (quote, c) switch
    {
        ('\0', '"' or '\'') => c,
        _ when c == quote => '\0',
        _ => quote,
    };

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
