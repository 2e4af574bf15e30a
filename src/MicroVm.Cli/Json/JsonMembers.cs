using System.Globalization;
using System.Text;
using MicroVm.Cli.Http;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Json;

/// <summary>
/// Finds members of a small JSON object without the base library's reader, whose code for long texts is compiled at run
/// time (2 ms between two requests of <c>run</c>). Lenient in what it skips, exact in what it returns.
/// </summary>
internal static class JsonMembers
{
    private const int Replacement = 0xfffd;

    /// <summary>The value's text, quotes and all; empty: there is no such member. The last of equal names wins.</summary>
    /// <exception cref="ProtocolException">It is no JSON object.</exception>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> json, string name)
    {
        ReadOnlySpan<byte> found = default;
        for (Reader members = new(json); members.MoveNext();)
        {
            found = members.Name == name ? members.Value : found;
        }

        return found;
    }

    /// <summary>The elements' texts of an array; none for anything else.</summary>
    internal static List<string> Texts(ReadOnlySpan<byte> value)
    {
        var texts = new List<string>();
        foreach (Range element in Elements(value))
        {
            texts.Add(Text(value[element]) ?? "");
        }

        return texts;
    }

    internal static bool IsObject(ReadOnlySpan<byte> value) => !value.IsEmpty && value[0] == '{';

    /// <summary>Where the elements of an array are; none for anything else.</summary>
    internal static List<Range> Elements(ReadOnlySpan<byte> value)
    {
        var elements = new List<Range>();
        int position = SkipBlanks(value, 0);
        if (position == value.Length || value[position] != '[')
        {
            return elements;
        }

        position = SkipBlanks(value, position + 1);
        while (At(value, position) != ']')
        {
            int end = SkipValue(value, position);
            elements.Add(position..end);
            position = SkipBlanks(value, end);
            if (At(value, position) != ']')
            {
                position = SkipBlanks(value, Expect(value, position, ','));
            }
        }

        return elements;
    }

    /// <summary>Null: it is no text.</summary>
    internal static string? Text(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2 || value[0] != '"')
        {
            return null;
        }

        ReadOnlySpan<byte> inner = value[1..^1];
        return inner.Contains((byte)'\\') ? Unescape(Encoding.UTF8.GetString(inner)) : Encoding.UTF8.GetString(inner);
    }

    /// <summary>Null: it is no whole number.</summary>
    internal static int? Integer(ReadOnlySpan<byte> value) =>
        Long(value) is >= int.MinValue and <= int.MaxValue and var number ? (int)number : null;

    /// <summary>Null: it is no whole number.</summary>
    internal static long? Long(ReadOnlySpan<byte> value) =>
        WholeNumber.TryParse(value, out long number) ? number : null;

    private static int SkipValue(ReadOnlySpan<byte> json, int position)
    {
        int depth = 0;
        do
        {
            byte first = At(json, position);
            if (first == '"')
            {
                position = SkipText(json, position);
                continue;
            }

            depth += first is (byte)'{' or (byte)'[' ? 1 : first is (byte)'}' or (byte)']' ? -1 : 0;
            position++;
            if (depth == 0 && first is not ((byte)'}' or (byte)']'))
            {
                position = SkipLiteral(json, position);
            }
        }
        while (depth > 0);

        return depth == 0 ? position : throw Malformed();
    }

    private static int SkipLiteral(ReadOnlySpan<byte> json, int position)
    {
        while (position < json.Length && json[position] is not ((byte)',' or (byte)'}' or (byte)']' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
        {
            position++;
        }

        return position;
    }

    private static int SkipText(ReadOnlySpan<byte> json, int position)
    {
        position = Expect(json, position, '"');
        while (At(json, position) != '"')
        {
            position += json[position] == '\\' ? 2 : 1;
        }

        return position + 1;
    }

    private static int SkipBlanks(ReadOnlySpan<byte> json, int position)
    {
        while (position < json.Length && json[position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            position++;
        }

        return position;
    }

    private static int Expect(ReadOnlySpan<byte> json, int position, char wanted) =>
        At(json, position) == wanted ? position + 1 : throw Malformed();

    private static byte At(ReadOnlySpan<byte> json, int position) => position < json.Length ? json[position] : throw Malformed();

    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int index = 0; index < text.Length; index++)
        {
            if (text[index] != '\\' || index + 1 == text.Length)
            {
                plain.Append(text[index]);
                continue;
            }

            char kind = text[++index];
            plain.Append(kind switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => CodeUnit(text, ref index),
                _ => kind,
            });
        }

        return plain.ToString();
    }

    private static char CodeUnit(string text, ref int index)
    {
        int length = Math.Min(4, text.Length - index - 1);
        bool isValid = ushort.TryParse(
            text.AsSpan(index + 1, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit) && length == 4;
        index += length;
        return isValid ? (char)unit : (char)Replacement;
    }

    /// <summary>Goes through an object's members once.</summary>
    internal ref struct Reader
    {
        private readonly ReadOnlySpan<byte> _json;
        private int _position;

        /// <exception cref="ProtocolException">It is no JSON object; so does <see cref="MoveNext"/>.</exception>
        internal Reader(ReadOnlySpan<byte> json)
        {
            _json = json;
            _position = SkipBlanks(json, Expect(json, SkipBlanks(json, 0), '{'));
        }

        internal string? Name { get; private set; }

        /// <summary>Quotes and all.</summary>
        internal ReadOnlySpan<byte> Value { get; private set; }

        internal bool MoveNext()
        {
            if (At(_json, _position) == '}')
            {
                return false;
            }

            int end = SkipText(_json, _position);
            Name = Text(_json[_position..end]);
            int start = SkipBlanks(_json, Expect(_json, SkipBlanks(_json, end), ':'));
            end = SkipValue(_json, start);
            Value = _json[start..end];
            _position = SkipBlanks(_json, end);
            if (At(_json, _position) != '}')
            {
                _position = SkipBlanks(_json, Expect(_json, _position, ','));
            }

            return true;
        }
    }

    private static ProtocolException Malformed() => new("malformed JSON in the answer");
}
