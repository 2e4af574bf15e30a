namespace MicroVm.Builds;

/// <summary>
/// One line of a .dockerignore: <c>*</c>, <c>?</c> and <c>[a-z]</c> within a component, <c>**</c> over any number of them. All places
/// of the pattern that a text can have reached are followed at once, so that time is bounded by the two lengths.
/// </summary>
internal sealed class IgnorePattern
{
    private readonly List<Place> _places = [];

    public IgnorePattern(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            i += Add(text, i);
        }
    }

    public bool Matches(ReadOnlySpan<char> text)
    {
        bool[] at = new bool[_places.Count + 1];
        bool[] next = new bool[_places.Count + 1];
        at[0] = true;
        Skip(at);
        foreach (char c in text)
        {
            Array.Clear(next);
            for (int i = 0; i < _places.Count; i++)
            {
                if (at[i])
                {
                    Step(i, c, next);
                }
            }

            Skip(next);
            (at, next) = (next, at);
        }

        return at[^1];
    }

    /// <summary>Makes a place of what begins there; says how long that is.</summary>
    private int Add(string text, int start)
    {
        switch (text[start])
        {
            case '*' when start + 1 < text.Length && text[start + 1] == '*':
                return AddAnyDepth(text, start);
            case '*':
                _places.Add(new(PlaceKind.Star));
                return 1;
            case '?':
                _places.Add(new(PlaceKind.One));
                return 1;
            case '[' when text.IndexOf(']', start + 1) is > 0 and var end:
                _places.Add(new(PlaceKind.Class, Set: text[(start + 1)..end]));
                return end + 1 - start;
            case '\\' when start + 1 < text.Length:
                _places.Add(new(PlaceKind.Exact, text[start + 1]));
                return 2;
            default:
                _places.Add(new(PlaceKind.Exact, text[start]));
                return 1;
        }
    }

    private int AddAnyDepth(string text, int start)
    {
        int length = start + 2 < text.Length && text[start + 2] == '/' ? 3 : 2;
        if (start + length == text.Length)
        {
            _places.Add(new(PlaceKind.Rest));
            return length;
        }

        _places.Add(new(PlaceKind.Depth));
        _places.Add(new(PlaceKind.InDepth));
        return length;
    }

    /// <summary>What may match nothing is passed over.</summary>
    private void Skip(bool[] at)
    {
        for (int i = 0; i < _places.Count; i++)
        {
            if (at[i])
            {
                at[i + 1] |= _places[i].Kind is PlaceKind.Star or PlaceKind.Rest;
                at[Math.Min(i + 2, _places.Count)] |= _places[i].Kind == PlaceKind.Depth;
            }
        }
    }

    private void Step(int i, char c, bool[] next)
    {
        Place place = _places[i];
        switch (place.Kind)
        {
            case PlaceKind.Star:
                next[i] |= c != '/';
                break;
            case PlaceKind.Rest:
                next[i] = true;
                break;
            case PlaceKind.Depth or PlaceKind.InDepth:
                int inside = place.Kind == PlaceKind.Depth ? i + 1 : i;
                next[inside] = true;
                next[inside + 1] |= c == '/';
                break;
            case PlaceKind.One:
                next[i + 1] |= c != '/';
                break;
            case PlaceKind.Class:
                next[i + 1] |= c != '/' && InClass(place.Set, c);
                break;
            default:
                next[i + 1] |= place.Letter == c;
                break;
        }
    }

    private static bool InClass(ReadOnlySpan<char> set, char c)
    {
        bool negated = set is ['^', ..];
        set = negated ? set[1..] : set;
        bool found = false;
        for (int i = 0; i < set.Length; i++)
        {
            bool isRange = i + 2 < set.Length && set[i + 1] == '-';
            found |= isRange ? set[i] <= c && c <= set[i + 2] : set[i] == c;
            i += isRange ? 2 : 0;
        }

        return found != negated;
    }

    private enum PlaceKind
    {
        Exact,
        One,
        Class,
        Star,

        /// <summary>Directories, any number, each with its slash: before the first of them.</summary>
        Depth,

        /// <summary>The same, within one.</summary>
        InDepth,

        /// <summary>Whatever is left.</summary>
        Rest,
    }

    private readonly record struct Place(PlaceKind Kind, char Letter = '\0', string Set = "");
}
