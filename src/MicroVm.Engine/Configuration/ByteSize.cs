using System.Globalization;

namespace MicroVm.Engine.Configuration;

/// <summary>Sizes as Docker's options take them: a number and an optional b, k, m, g or t (powers of 1024).</summary>
public static class ByteSize
{
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string lower = text.Trim().ToLowerInvariant();
        lower = lower.EndsWith("ib", StringComparison.Ordinal) ? lower[..^2] : lower.TrimEnd('b');
        int shift = lower.Length == 0 ? 0 : "kmgt".IndexOf(lower[^1], StringComparison.Ordinal) * 10 + 10;
        string number = shift > 0 ? lower[..^1] : lower;
        if (!decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            || value > long.MaxValue >> shift)
        {
            return false;
        }

        bytes = (long)(value * (1L << shift));
        return true;
    }
}
