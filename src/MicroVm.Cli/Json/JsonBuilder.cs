using System.Globalization;
using System.Text;

namespace MicroVm.Cli.Json;

/// <summary>
/// Writes JSON text (RFC 8259). On the way to the first request the base library's writer would cost 4 ms: its escaping
/// needs code that is compiled at run time.
/// </summary>
internal sealed class JsonBuilder
{
    private const string Escaped = "\"\\\b\f\n\r\t";
    private const string Letters = "\"\\bfnrt";

    private readonly StringBuilder _text = new(1024);
    private bool _needsComma;

    internal byte[] ToUtf8() => Encoding.UTF8.GetBytes(_text.ToString());

    internal void StartObject(string? name = null) => Open(name, '{');

    internal void EndObject() => Close('}');

    internal void StartArray(string? name = null) => Open(name, '[');

    internal void EndArray() => Close(']');

    internal void Text(string name, string value)
    {
        Name(name);
        Quote(value);
        _needsComma = true;
    }

    internal void Text(string element)
    {
        Separate();
        Quote(element);
        _needsComma = true;
    }

    internal void Texts(string name, List<string> elements)
    {
        StartArray(name);
        foreach (string element in elements)
        {
            Text(element);
        }

        EndArray();
    }

    internal void Number(string name, long value) => Literal(name, value.ToString(CultureInfo.InvariantCulture));

    internal void Boolean(string name, bool value) => Literal(name, value ? "true" : "false");

    internal void Number(long element)
    {
        Separate();
        _text.Append(element.ToString(CultureInfo.InvariantCulture));
        _needsComma = true;
    }

    private void Literal(string name, string value)
    {
        Name(name);
        _text.Append(value);
        _needsComma = true;
    }

    private void Open(string? name, char bracket)
    {
        if (name is null)
        {
            Separate();
        }
        else
        {
            Name(name);
        }

        _text.Append(bracket);
        _needsComma = false;
    }

    private void Close(char bracket)
    {
        _text.Append(bracket);
        _needsComma = true;
    }

    private void Name(string name)
    {
        Separate();
        Quote(name);
        _text.Append(':');
    }

    private void Separate()
    {
        if (_needsComma)
        {
            _text.Append(',');
        }
    }

    private void Quote(string value)
    {
        _text.Append('"');
        foreach (char letter in value)
        {
            int index = letter is >= ' ' and not ('"' or '\\') ? -1 : Escaped.IndexOf(letter, StringComparison.Ordinal);
            if (index >= 0)
            {
                _text.Append('\\').Append(Letters[index]);
            }
            else if (letter < ' ')
            {
                _text.Append("\\u").Append(((int)letter).ToString("x4", CultureInfo.InvariantCulture));
            }
            else
            {
                _text.Append(letter);
            }
        }

        _text.Append('"');
    }
}
