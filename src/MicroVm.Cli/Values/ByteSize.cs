using System.Globalization;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>Sizes as Docker's flags take them: a number and b, k, m, g, t or p, optionally as "kb" or "kib"; base 1024.</summary>
internal static class ByteSize
{
    private const string Units = "bkmgtp";

    /// <summary>Bytes.</summary>
    /// <exception cref="FlagValueException">It is no size.</exception>
    internal static long Parse(string text)
    {
        int last = text.Length - 1;
        while (last >= 0 && !char.IsAsciiDigit(text[last]) && text[last] is not ('.' or ' '))
        {
            last--;
        }

        if (last < 0)
        {
            throw new FlagValueException($"invalid size: '{text}'");
        }

        string number = text[last] == ' ' ? text[..last] : text[..(last + 1)];
        decimal scaled = Number(number, text) * Multiplier(text[(last + 1)..]);
        return scaled <= long.MaxValue ? (long)scaled : throw new FlagValueException($"invalid size: '{text}'");
    }

    private static decimal Number(string number, string text)
    {
        if (number.StartsWith('-'))
        {
            throw new FlagValueException($"invalid size: '{text}'");
        }

        bool valid = decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value);
        return valid && value <= long.MaxValue ? value : throw new FlagValueException($"invalid size: '{text}'");
    }

    private static decimal Multiplier(string suffix)
    {
        if (suffix.Length == 0)
        {
            return 1;
        }

        string lower = suffix.ToLowerInvariant();
        int unit = Units.IndexOf(lower[0], StringComparison.Ordinal);
        bool valid = unit >= 0 && (unit == 0 ? lower == "b" : lower[1..] is "" or "b" or "ib");
        return valid ? 1L << (10 * unit) : throw new FlagValueException($"invalid suffix: '{suffix}'");
    }
}
