using System.Globalization;
using System.Text;

namespace MicroVm.Engine.Configuration;

/// <summary>Go's durations: 1h30m, 1.5s, 100ms (Go, time.ParseDuration).</summary>
internal static class GoDurationText
{
    private static readonly (string Unit, decimal Nanoseconds)[] s_units =
        [("ms", 1e6m), ("us", 1e3m), ("µs", 1e3m), ("ns", 1m), ("h", 3600e9m), ("m", 60e9m), ("s", 1e9m)];

    /// <summary>False for what is none, negative, or over a hundred years.</summary>
    public static bool TryParse(string text, out long nanoseconds)
    {
        decimal sum = 0;
        nanoseconds = 0;
        if (text == "0")
        {
            return true;
        }

        for (int at = 0; at < text.Length;)
        {
            int end = at;
            while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] == '.'))
            {
                end++;
            }

            (string Unit, decimal Nanoseconds) unit = Array.Find(s_units, u => string.CompareOrdinal(text, end, u.Unit, 0, u.Unit.Length) == 0);
            if (unit.Unit is null || end - at > 15
                || !decimal.TryParse(text.AsSpan(at, end - at), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
                || (sum += number * unit.Nanoseconds) > 3.2e18m)
            {
                return false;
            }

            at = end + unit.Unit.Length;
        }

        nanoseconds = (long)sum;
        return text.Length > 0;
    }

    /// <summary>As Go prints it (time.Duration.String), from the second up.</summary>
    public static string Format(long nanoseconds)
    {
        var text = new StringBuilder();
        TimeSpan time = TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick);
        _ = (long)time.TotalHours > 0 ? text.Append(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}h") : text;
        _ = text.Length > 0 || time.Minutes > 0 ? text.Append(CultureInfo.InvariantCulture, $"{time.Minutes}m") : text;
        return text.Append(CultureInfo.InvariantCulture, $"{time.TotalSeconds % 60:0.#########}s").ToString();
    }
}
