using System.Text;

namespace MicroVm.Cli.Http;

/// <summary>Percent-encoding (RFC 3986, section 2). The base library's costs a millisecond of start-up.</summary>
internal static class Percent
{
    private const string Digits = "0123456789ABCDEF";

    /// <summary>Everything but unreserved characters is encoded.</summary>
    /// <param name="keep">More characters that stay.</param>
    internal static string Encode(string text, string keep = "")
    {
        var escaped = new StringBuilder(text.Length + 8);
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            char letter = (char)value;
            bool isPlain = char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '~' || keep.Contains(letter, StringComparison.Ordinal);
            _ = isPlain ? escaped.Append(letter) : escaped.Append('%').Append(Digits[value >> 4]).Append(Digits[value & 15]);
        }

        return escaped.ToString();
    }
}
