using System.Text;
using System.Text.RegularExpressions;

namespace MicroVm.Builds;

/// <summary>
/// Joins lines to instructions: parser directives, comments, continuation lines, here-documents
/// (https://docs.docker.com/reference/dockerfile).
/// </summary>
internal sealed partial class LineReader
{
    private readonly string[] _lines;
    private int _next;

    public LineReader(string text)
    {
        _lines = text.TrimStart('\uFEFF').Split('\n');
        for (int i = 0; i < _lines.Length; i++)
        {
            _lines[i] = _lines[i].EndsWith('\r') ? _lines[i][..^1] : _lines[i];
            if (_lines[i].Length > DockerfileLimits.MaxLine)
            {
                throw new DockerfileException(i + 1, $"dockerfile line greater than maximum allowed size of {DockerfileLimits.MaxLine}");
            }
        }

        ReadDirectives();
    }

    /// <summary>Backslash, or a backtick where the file says so.</summary>
    public char Escape { get; private set; } = '\\';

    public IEnumerable<InstructionText> Read()
    {
        int count = 0;
        while (ReadInstruction() is { } instruction)
        {
            if (++count > DockerfileLimits.MaxInstructions)
            {
                throw new DockerfileException(instruction.Line, $"more than {DockerfileLimits.MaxInstructions} instructions");
            }

            yield return instruction;
        }
    }

    /// <summary>They stand before everything else, comments included; of those that are not known, some are the comments.</summary>
    private void ReadDirectives()
    {
        HashSet<string> seen = [];
        while (_next < _lines.Length && DirectivePattern().Match(_lines[_next]) is { Success: true } match)
        {
            string name = match.Groups[1].Value.ToLowerInvariant();
            if (name is not ("escape" or "syntax" or "check"))
            {
                return;
            }

            _next++;
            if (!seen.Add(name))
            {
                throw new DockerfileException(_next, $"only one {name} parser directive can be used");
            }

            Escape = name == "escape" ? EscapeOf(match.Groups[2].Value) : Escape;
        }
    }

    private char EscapeOf(string value) => value is "\\" or "`"
        ? value[0]
        : throw new DockerfileException(_next, $"invalid ESCAPE '{value}'. Must be ` or \\");

    private InstructionText? ReadInstruction()
    {
        while (_next < _lines.Length)
        {
            int line = _next + 1;
            string text = _lines[_next++].TrimStart();
            if (IsComment(text))
            {
                continue;
            }

            text = JoinContinuations(text, line).Trim();
            if (text.Length > 0)
            {
                return Divide(text, line);
            }
        }

        return null;
    }

    /// <summary>Comments and empty lines between the lines of an instruction are left out.</summary>
    private string JoinContinuations(string first, int line)
    {
        var joined = new StringBuilder(first.Length);
        bool continues = AppendLine(joined, first);
        while (continues && _next < _lines.Length)
        {
            string more = _lines[_next++];
            if (IsComment(more.TrimStart()) || string.IsNullOrWhiteSpace(more))
            {
                continue;
            }

            continues = AppendLine(joined, more);
            if (joined.Length > DockerfileLimits.MaxInstruction)
            {
                throw new DockerfileException(line, $"an instruction of more than {DockerfileLimits.MaxInstruction} characters");
            }
        }

        return joined.ToString();
    }

    /// <summary>True: the line ends with a single escape character, spaces behind it or not.</summary>
    private bool AppendLine(StringBuilder joined, string line)
    {
        string trimmed = line.TrimEnd(' ', '\t');
        bool continues = trimmed.EndsWith(Escape) && !(trimmed.Length > 1 && trimmed[^2] == Escape);
        joined.Append(continues ? trimmed[..^1] : line);
        return continues;
    }

    private InstructionText Divide(string text, int line)
    {
        int end = text.AsSpan().IndexOfAny(' ', '\t');
        string keyword = (end < 0 ? text : text[..end]).ToUpperInvariant();
        (List<string> flags, string arguments) = FlagReader.Divide(end < 0 ? "" : text[end..].Trim(), Escape);
        bool mayHold = keyword is "RUN" or "COPY" or "ADD" && !JsonForm.TryParse(arguments, out _);
        IReadOnlyList<HereDocument> documents = mayHold ? ReadHereDocuments(arguments, line) : [];
        return new(line, keyword, flags, arguments, text, documents);
    }

    private List<HereDocument> ReadHereDocuments(string arguments, int line)
    {
        List<HereDocument> documents = [];
        foreach (string word in JsonForm.Words(arguments))
        {
            if (HereDocumentPattern().Match(word) is { Success: true } match && match.Groups[3].Value is { Length: > 0 } quoted)
            {
                string name = quoted.Replace("\"", "", StringComparison.Ordinal).Replace("'", "", StringComparison.Ordinal);
                string content = ReadUntil(name, tabs: match.Groups[2].Length > 0, line);
                documents.Add(new(name, match.Groups[1].Value, quoted == name, content));
            }
        }

        return documents.Count <= DockerfileLimits.MaxHereDocuments
            ? documents
            : throw new DockerfileException(line, $"more than {DockerfileLimits.MaxHereDocuments} here-documents");
    }

    /// <param name="tabs">Tabs at the lines' beginnings are taken away (&lt;&lt;-NAME).</param>
    private string ReadUntil(string name, bool tabs, int line)
    {
        var content = new StringBuilder();
        while (_next < _lines.Length)
        {
            string text = tabs ? _lines[_next].TrimStart('\t') : _lines[_next];
            _next++;
            if (text == name)
            {
                return content.ToString();
            }

            content.Append(text).Append('\n');
        }

        throw new DockerfileException(line, $"unterminated heredoc: no line is {name}");
    }

    private static bool IsComment(string trimmed) => trimmed.StartsWith('#');

    [GeneratedRegex(@"^#[ \t]*([a-zA-Z][a-zA-Z0-9]*)[ \t]*=[ \t]*(.+?)[ \t]*$", RegexOptions.NonBacktracking)]
    private static partial Regex DirectivePattern();

    [GeneratedRegex(@"^([0-9]*)<<(-?)([^<]*)$", RegexOptions.NonBacktracking)]
    private static partial Regex HereDocumentPattern();
}
