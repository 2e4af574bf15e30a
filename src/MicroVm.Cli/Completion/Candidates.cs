using MicroVm.Cli.Output;

namespace MicroVm.Cli.Completion;

/// <summary>
/// What the shell is to offer for one word. Written as a line of directives (<c>:files</c>, <c>:nospace</c>, both or
/// neither), then one line a candidate: the word, a tab, its description.
/// </summary>
internal sealed class Candidates
{
    private const int MaximumCount = 5000;
    private const int MaximumDescription = 80;

    private readonly List<Candidate> _list = [];

    /// <summary>The shell's own completion of file names joins in.</summary>
    internal bool Files { get; set; }

    /// <summary>The word goes on after the candidate: no blank follows it.</summary>
    internal bool NoSpace { get; set; }

    internal bool IsEmpty => _list.Count == 0;

    internal static Candidates Of(params string[] values)
    {
        var candidates = new Candidates();
        foreach (string value in values)
        {
            candidates.Add(value);
        }

        return candidates;
    }

    internal static Candidates FileNames() => new() { Files = true };

    internal void Add(string value, string description = "") => _list.Add(new Candidate(value, description));

    internal void AddRange(Candidates others)
    {
        _list.AddRange(others._list);
        Files |= others.Files;
    }

    /// <summary>The same behind <c>--flag=</c>.</summary>
    internal Candidates WithPrefix(string prefix)
    {
        var prefixed = new Candidates { Files = Files, NoSpace = NoSpace };
        foreach (Candidate candidate in _list)
        {
            prefixed.Add(prefix + candidate.Value, candidate.Description);
        }

        return prefixed;
    }

    /// <summary>The same with something that always follows them.</summary>
    internal Candidates WithSuffix(string suffix)
    {
        var longer = new Candidates { Files = Files, NoSpace = NoSpace };
        foreach (Candidate candidate in _list)
        {
            longer.Add(candidate.Value + suffix, candidate.Description);
        }

        return longer;
    }

    /// <summary>Those that are not among words which are there already.</summary>
    internal Candidates Without(List<string> words)
    {
        _list.RemoveAll(candidate => words.Contains(candidate.Value));
        return this;
    }

    /// <param name="word">What is typed already: only what begins with it is written.</param>
    internal void Write(TextOutput output, string word)
    {
        output.WriteLine(":" + (Files ? "files" : "") + (Files && NoSpace ? " " : "") + (NoSpace ? "nospace" : ""));
        var seen = new HashSet<string>();
        foreach (Candidate candidate in _list)
        {
            bool fits = candidate.Value.StartsWith(word, StringComparison.Ordinal) && IsPlain(candidate.Value);
            if (fits && seen.Count < MaximumCount && seen.Add(candidate.Value))
            {
                output.WriteLine($"{candidate.Value}\t{Shorten(SafeText.OneLine(candidate.Description))}");
            }
        }
    }

    /// <summary>Nothing that a shell gives a meaning: what is offered becomes part of a command line as it is.</summary>
    private static bool IsPlain(string value)
    {
        foreach (char letter in value)
        {
            if (!char.IsAsciiLetterOrDigit(letter) && letter is not ('_' or '.' or '-' or '/' or ':' or '@' or '=' or '+' or ','))
            {
                return false;
            }
        }

        return value.Length > 0;
    }

    private static string Shorten(string text) => text.Length > MaximumDescription ? text[..(MaximumDescription - 1)] + "…" : text;
}
