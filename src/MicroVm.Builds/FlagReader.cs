using System.Text;

namespace MicroVm.Builds;

/// <summary>Takes an instruction's flags off its arguments; <c>--</c> ends them.</summary>
internal static class FlagReader
{
    public static (List<string> Flags, string Arguments) Divide(string text, char escape)
    {
        List<string> flags = [];
        int position = 0;
        while (text.AsSpan(position).StartsWith("--"))
        {
            string flag = ReadWord(text, ref position, escape);
            while (position < text.Length && char.IsWhiteSpace(text[position]))
            {
                position++;
            }

            if (flag == "--")
            {
                break;
            }

            flags.Add(flag);
        }

        return (flags, text[position..]);
    }

    private static string ReadWord(string text, ref int position, char escape)
    {
        var word = new StringBuilder();
        char quote = '\0';
        for (; position < text.Length && (quote != '\0' || !char.IsWhiteSpace(text[position])); position++)
        {
            char c = text[position];
            if (c == escape && position + 1 < text.Length)
            {
                word.Append(text[++position]);
            }
            else if (c == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && c is '"' or '\'')
            {
                quote = c;
            }
            else
            {
                word.Append(c);
            }
        }

        return word.ToString();
    }
}
