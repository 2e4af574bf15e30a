using System.Globalization;

namespace MicroVm.Cli.Values;

/// <summary>Go's durations: <c>1h30m</c>, <c>1.5s</c>, <c>300ms</c>.</summary>
internal static class GoDuration
{
    private static readonly (string Unit, long Ticks)[] s_units =
    [
        ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond), ("µs", TimeSpan.TicksPerMicrosecond),
        ("ns", 0), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond),
    ];

    /// <summary>Null: it is none.</summary>
    internal static TimeSpan? TryParse(string text)
    {
        ReadOnlySpan<char> rest = text;
        decimal ticks = 0;
        do
        {
            int digits = DigitsOf(rest);
            bool isNumber = digits > 0 && decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                && TakeUnit(ref rest, digits, number, ref ticks);
            if (!isNumber || ticks > TimeSpan.MaxValue.Ticks)
            {
                return null;
            }
        }
        while (rest.Length > 0);

        return new TimeSpan((long)ticks);
    }

    private static int DigitsOf(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length && (char.IsAsciiDigit(text[count]) || text[count] == '.'))
        {
            count++;
        }

        return count;
    }

    private static bool TakeUnit(ref ReadOnlySpan<char> rest, int digits, decimal number, ref decimal ticks)
    {
        foreach ((string unit, long unitTicks) in s_units)
        {
            if (rest[digits..].StartsWith(unit))
            {
                ticks += number * unitTicks;
                rest = rest[(digits + unit.Length)..];
                return true;
            }
        }

        return false;
    }
}
