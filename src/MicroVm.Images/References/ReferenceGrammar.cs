using System.Buffers;

namespace MicroVm.Images.References;

/// <summary>
/// The terminals of Docker's reference grammar (github.com/distribution/reference, regexp.go), matched by hand: linear
/// in the length of the text.
/// </summary>
internal static class ReferenceGrammar
{
    /// <summary>Domain, slash and path together.</summary>
    public const int MaxNameLength = 255;

    private const int MaxTagLength = 128;
    private const string LowerHex = "0123456789abcdef";
    private const string Word = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> s_lowerHex = SearchValues.Create(LowerHex);
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> s_word = SearchValues.Create(Word);
    private static readonly SearchValues<char> s_tag = SearchValues.Create(Word + ".-");
    private static readonly SearchValues<char> s_ipv6 = SearchValues.Create("0123456789abcdefABCDEF:");

    /// <summary>64 lower-case hex digits: an image id, so never a name.</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> text) => text.Length == 64 && !text.ContainsAnyExcept(s_lowerHex);

    /// <summary><c>host[:port]</c>, the host being a DNS name, an IPv4 address, or an IPv6 address in brackets.</summary>
    public static bool IsDomain(ReadOnlySpan<char> text)
    {
        int bracket = text.LastIndexOf(']');
        int colon = text[(bracket + 1)..].IndexOf(':');
        if (colon >= 0)
        {
            ReadOnlySpan<char> port = text[(bracket + 1 + colon + 1)..];
            if (port.IsEmpty || port.ContainsAnyExcept(s_digits))
            {
                return false;
            }

            text = text[..(bracket + 1 + colon)];
        }

        return text.StartsWith("[") ? IsIpv6Literal(text) : IsHostName(text);
    }

    /// <summary>Components joined by slashes.</summary>
    public static bool IsPath(ReadOnlySpan<char> text)
    {
        foreach (Range component in text.Split('/'))
        {
            if (!IsPathComponent(text[component]))
            {
                return false;
            }
        }

        return true;
    }

    public static bool IsTag(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxTagLength && s_word.Contains(text[0]) && !text.ContainsAnyExcept(s_tag);

    /// <summary><c>algorithm:hex</c>, with at least 32 digits.</summary>
    public static bool IsDigest(ReadOnlySpan<char> text)
    {
        int colon = text.IndexOf(':');
        return colon > 0 && IsAlgorithm(text[..colon]) && text.Length - colon - 1 >= 32
            && !text[(colon + 1)..].ContainsAnyExcept(s_hex);
    }

    private static bool IsAlgorithm(ReadOnlySpan<char> text)
    {
        foreach (Range part in text.SplitAny("-_+."))
        {
            ReadOnlySpan<char> component = text[part];
            if (component.IsEmpty || !char.IsAsciiLetter(component[0]) || !IsAlphanumeric(component))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsIpv6Literal(ReadOnlySpan<char> text) =>
        text.Length > 2 && text.EndsWith("]") && !text[1..^1].ContainsAnyExcept(s_ipv6);

    private static bool IsHostName(ReadOnlySpan<char> text)
    {
        foreach (Range range in text.Split('.'))
        {
            ReadOnlySpan<char> component = text[range];
            if (component.IsEmpty || !char.IsAsciiLetterOrDigit(component[0]) || !char.IsAsciiLetterOrDigit(component[^1]))
            {
                return false;
            }

            foreach (char c in component)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static bool IsAlphanumeric(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c))
            {
                return false;
            }
        }

        return true;
    }

    // Runs of [a-z0-9] joined by one separator each: ".", "_", "__" or any number of "-".
    private static bool IsPathComponent(ReadOnlySpan<char> text)
    {
        while (true)
        {
            int run = LengthOfRun(text);
            if (run == 0)
            {
                return false;
            }

            text = text[run..];
            if (text.IsEmpty)
            {
                return true;
            }

            int separator = LengthOfSeparator(text);
            if (separator == 0)
            {
                return false;
            }

            text = text[separator..];
        }
    }

    private static int LengthOfRun(ReadOnlySpan<char> text)
    {
        int end = 0;
        while (end < text.Length && (char.IsAsciiLetterLower(text[end]) || char.IsAsciiDigit(text[end])))
        {
            end++;
        }

        return end;
    }

    private static int LengthOfSeparator(ReadOnlySpan<char> text) => text[0] switch
    {
        '.' => 1,
        '_' => text.StartsWith("__") ? 2 : 1,
        '-' => text.IndexOfAnyExcept('-') is var end && end < 0 ? text.Length : end,
        _ => 0,
    };
}
