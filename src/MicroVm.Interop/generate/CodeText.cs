using System.Text;

namespace MicroVm.Interop.Generate;

/// <summary>Indented lines of C#.</summary>
internal sealed class CodeText
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _first = true;

    public void Line(string line) => _text.Append(' ', _depth * 4).Append(line).Append('\n');

    /// <summary>A blank line, but not as the first of a block.</summary>
    public void Separate()
    {
        if (!_first)
        {
            _text.Append('\n');
        }

        _first = false;
    }

    public void Open(string line)
    {
        Line(line);
        Line("{");
        _depth++;
        _first = true;
    }

    public void Close()
    {
        _depth--;
        _first = false;
        Line("}");
    }

    /// <summary>What a header says of a thing.</summary>
    /// <param name="comment">As it stands in the header.</param>
    public void Summary(string comment)
    {
        List<string> lines = CommentText.Lines(comment);
        if (lines.Count == 1)
        {
            Line($"/// <summary>{lines[0]}</summary>");
        }
        else if (lines.Count > 1)
        {
            Line("/// <summary>");
            lines.ForEach(l => Line(l.Length == 0 ? "///" : "/// " + l));
            Line("/// </summary>");
        }
    }

    public override string ToString() => _text.ToString();
}
