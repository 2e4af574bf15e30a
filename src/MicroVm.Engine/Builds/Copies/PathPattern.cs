namespace MicroVm.Engine.Builds.Copies;

/// <summary>Go's filepath.Match for one component: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^a]</c>, and a backslash before what is meant as it is.</summary>
internal static class PathPattern
{
    public static bool HasWildcards(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\')
            {
                i++;
            }
            else if (text[i] is '*' or '?' or '[')
            {
                return true;
            }
        }

        return false;
    }

    /// <exception cref="EngineException">Invalid: a bracket is not closed.</exception>
    public static bool Matches(string pattern, string name)
    {
        (int p, int n, int star, int from) = (0, 0, -1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                (star, from) = (p++, n);
            }
            else if (p < pattern.Length && MatchesOne(pattern, ref p, name[n]))
            {
                n++;
            }
            else if (star >= 0)
            {
                // The last star takes one more.
                (p, n) = (star + 1, ++from);
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }

    private static bool MatchesOne(string pattern, ref int position, char c)
    {
        int start = position++;
        switch (pattern[start])
        {
            case '?':
                return true;
            case '[':
                return MatchesClass(pattern, ref position, c);
            case '\\' when position < pattern.Length:
                return pattern[position++] == c;
            default:
                return pattern[start] == c;
        }
    }

    private static bool MatchesClass(string pattern, ref int position, char c)
    {
        bool negated = position < pattern.Length && pattern[position] == '^';
        position += negated ? 1 : 0;
        bool found = false;
        for (bool first = true; first || Peek(pattern, position) != ']'; first = false)
        {
            char low = Take(pattern, ref position);
            char high = low;
            if (Peek(pattern, position) == '-')
            {
                position++;
                high = Take(pattern, ref position);
            }

            found |= low <= c && c <= high;
        }

        position++;
        return found != negated;
    }

    private static char Take(string pattern, ref int position)
    {
        if (Peek(pattern, position) == '\\')
        {
            position++;
        }

        char c = Peek(pattern, position);
        position++;
        return c;
    }

    private static char Peek(string pattern, int position) => position < pattern.Length
        ? pattern[position]
        : throw new EngineException(EngineErrorKind.Invalid, $"syntax error in pattern: {OneLine.Of(pattern, 200)}");
}
