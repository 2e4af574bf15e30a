using System.Text;

namespace MicroVm.Builds;

/// <summary>
/// A .dockerignore: one pattern a line, comments, <c>!</c> takes back what an earlier line left out, and the last line that matches counts.
/// A directory that is left out takes all that is in it along (https://docs.docker.com/build/concepts/context).
/// </summary>
public sealed class IgnoreFile
{
    private const int MaxPatterns = 10_000;

    private readonly List<(IgnorePattern Pattern, bool Excludes)> _patterns = [];

    private IgnoreFile()
    {
    }

    public static IgnoreFile Empty { get; } = new();

    /// <summary>Something may come back below a directory that is left out.</summary>
    public bool HasExceptions { get; private set; }

    /// <exception cref="DockerfileException">A line is no pattern.</exception>
    public static IgnoreFile Parse(ReadOnlySpan<byte> content)
    {
        var file = new IgnoreFile();
        foreach (string line in Encoding.UTF8.GetString(content).TrimStart('\uFEFF').Split('\n'))
        {
            if (!line.StartsWith('#') && line.Trim() is { Length: > 0 } pattern)
            {
                file.Add(pattern);
            }
        }

        return file;
    }

    /// <param name="path">From the context's root, components joined by single slashes.</param>
    public bool Excludes(string path)
    {
        bool excluded = false;
        foreach ((IgnorePattern pattern, bool excludes) in _patterns)
        {
            if (excluded != excludes && MatchesSelfOrParent(pattern, path))
            {
                excluded = excludes;
            }
        }

        return excluded;
    }

    private void Add(string line)
    {
        bool excludes = !line.StartsWith('!');
        string pattern = Clean(excludes ? line : line[1..].Trim());
        if (pattern.Length == 0)
        {
            throw new DockerfileException("illegal exclusion pattern: \"!\" in .dockerignore");
        }

        if (_patterns.Count == MaxPatterns)
        {
            throw new DockerfileException($".dockerignore has more than {MaxPatterns} patterns");
        }

        _patterns.Add((new(pattern), excludes));
        HasExceptions |= !excludes;
    }

    private static string Clean(string pattern)
    {
        List<string> parts = [];
        foreach (string part in pattern.Split('/'))
        {
            if (part == ".." && parts.Count > 0)
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ("" or "." or ".."))
            {
                parts.Add(part);
            }
        }

        return parts.Count > 0 ? string.Join('/', parts) : pattern.Length > 0 ? "." : "";
    }

    private static bool MatchesSelfOrParent(IgnorePattern pattern, string path)
    {
        for (int end = path.Length; end > 0; end = path.LastIndexOf('/', end - 1))
        {
            if (pattern.Matches(path.AsSpan(0, end)))
            {
                return true;
            }
        }

        return false;
    }
}
