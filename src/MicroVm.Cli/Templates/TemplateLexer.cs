namespace MicroVm.Cli.Templates;

/// <summary>Splits a template into text and actions, and an action into tokens.</summary>
internal static class TemplateLexer
{
    /// <param name="IsAction">Between {{ and }}.</param>
    internal readonly record struct Piece(bool IsAction, string Text);

    /// <summary>Trim markers are applied, comments dropped.</summary>
    internal static List<Piece> Split(string template)
    {
        var pieces = new List<Piece>();
        bool trimNext = false;
        for (int position = 0; position < template.Length;)
        {
            int open = template.IndexOf("{{", position, StringComparison.Ordinal);
            string text = open < 0 ? template[position..] : template[position..open];
            text = trimNext ? text.TrimStart() : text;
            if (open < 0)
            {
                AddText(pieces, text);
                break;
            }

            int close = FindClose(template, open + 2);
            string action = template[(open + 2)..close];
            if (action.StartsWith("- ", StringComparison.Ordinal))
            {
                (action, text) = (action[1..], text.TrimEnd());
            }

            trimNext = action.EndsWith(" -", StringComparison.Ordinal);
            AddText(pieces, text);
            AddAction(pieces, (trimNext ? action[..^1] : action).Trim());
            position = close + 2;
        }

        return pieces;
    }

    /// <summary>Words, strings (with their quotes), parentheses and bars.</summary>
    internal static List<string> Tokens(string action)
    {
        var tokens = new List<string>();
        for (int position = 0; position < action.Length;)
        {
            char first = action[position];
            if (char.IsWhiteSpace(first))
            {
                position++;
                continue;
            }

            int end = first is '"' or '`' ? StringEnd(action, position)
                : first is '(' or ')' or '|' ? position + 1
                : WordEnd(action, position);
            tokens.Add(action[position..end]);
            position = end;
        }

        return tokens;
    }

    private static void AddText(List<Piece> pieces, string text)
    {
        if (text.Length > 0)
        {
            pieces.Add(new Piece(false, text));
        }
    }

    private static void AddAction(List<Piece> pieces, string action)
    {
        if (!action.StartsWith("/*", StringComparison.Ordinal))
        {
            pieces.Add(new Piece(true, action));
        }
    }

    private static int FindClose(string template, int position)
    {
        while (position < template.Length - 1)
        {
            if (template[position] is '"' or '`')
            {
                position = StringEnd(template, position);
            }
            else if (template[position] == '}' && template[position + 1] == '}')
            {
                return position;
            }
            else
            {
                position++;
            }
        }

        throw new TemplateException("unclosed action");
    }

    private static int StringEnd(string text, int start)
    {
        for (int position = start + 1; position < text.Length; position++)
        {
            if (text[position] == '\\' && text[start] == '"')
            {
                position++;
            }
            else if (text[position] == text[start])
            {
                return position + 1;
            }
        }

        throw new TemplateException("unterminated quoted string");
    }

    private static int WordEnd(string text, int start)
    {
        int end = start;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('(' or ')' or '|' or '"' or '`'))
        {
            end++;
        }

        return end;
    }
}
