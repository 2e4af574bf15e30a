namespace MicroVm.Cli.Http;

/// <summary>The header lines of an answer. Names are looked up in any case; the last of equal ones wins.</summary>
internal sealed class ResponseHeaders
{
    private const int Maximum = 100;

    private readonly List<string> _lines = [];

    /// <exception cref="ProtocolException">It is no header, or there are too many.</exception>
    internal void Add(string line)
    {
        if (line.IndexOf(':') <= 0 || _lines.Count >= Maximum)
        {
            throw new ProtocolException(_lines.Count >= Maximum ? "too many headers" : "malformed header");
        }

        _lines.Add(line);
    }

    /// <summary>Null: there is none.</summary>
    internal string? Find(string name)
    {
        for (int index = _lines.Count - 1; index >= 0; index--)
        {
            string line = _lines[index];
            if (line.Length > name.Length && line[name.Length] == ':' && IsNamed(line, name))
            {
                return line[(name.Length + 1)..].Trim();
            }
        }

        return null;
    }

    // A loop: the base library's comparison brings the casing tables along.
    private static bool IsNamed(string line, string name)
    {
        for (int index = 0; index < name.Length; index++)
        {
            if (Lower(line[index]) != Lower(name[index]))
            {
                return false;
            }
        }

        return true;
    }

    private static char Lower(char letter) => letter is >= 'A' and <= 'Z' ? (char)(letter | 0x20) : letter;
}
