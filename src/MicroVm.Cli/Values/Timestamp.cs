using System.Globalization;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--since and --until: a time (RFC 3339 or a part of it, local unless it says otherwise), Unix seconds, or how long ago.</summary>
internal static class Timestamp
{
    private static readonly string[] s_formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HHK", "yyyy-MM-ddK",
    ];

    /// <summary>Unix seconds with nanoseconds, as the API takes them.</summary>
    internal static string Parse(string text)
    {
        if (GoDuration.TryParse(text) is { } ago)
        {
            return Format(DateTimeOffset.UtcNow - ago);
        }

        bool isTime = DateTimeOffset.TryParseExact(
            text, s_formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time);
        if (isTime)
        {
            return Format(time);
        }

        bool isNumber = text.Length > 0 && text.Count(letter => letter == '.') <= 1
            && text[0] != '.' && text.All(letter => char.IsAsciiDigit(letter) || letter == '.');
        return isNumber ? text : throw new FlagValueException($"failed to parse value as time or duration: \"{text}\"");
    }

    private static string Format(DateTimeOffset time)
    {
        long ticks = time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks;
        return string.Create(
            CultureInfo.InvariantCulture, $"{ticks / TimeSpan.TicksPerSecond}.{ticks % TimeSpan.TicksPerSecond * 100:000000000}");
    }
}
