using System.Globalization;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Times as the API writes and reads them.</summary>
internal static class Timestamps
{
    /// <summary>Go's zero time: never.</summary>
    public const string Never = "0001-01-01T00:00:00Z";

    /// <summary>RFC 3339 in UTC, with as many digits of the second as needed.</summary>
    public static string Format(DateTimeOffset? time) => time is null
        ? Never
        : time.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>RFC 3339 in UTC with nine digits, so that columns line up (logs --timestamps).</summary>
    public static string FormatFixed(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", CultureInfo.InvariantCulture);

    /// <summary>Unix seconds of an RFC 3339 time; 0 when there is none.</summary>
    public static long UnixSeconds(string? rfc3339) =>
        DateTimeOffset.TryParse(rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time.ToUnixTimeSeconds()
            : 0;

    /// <summary>
    /// <c>1719000000</c>, <c>1719000000.123456789</c> (Unix seconds), RFC 3339, or a duration before now (<c>10m</c>, <c>1h30m</c>).
    /// Null when the text is empty or zero.
    /// </summary>
    public static DateTimeOffset? Parse(string name, string text, DateTimeOffset now)
    {
        if (text.Length == 0)
        {
            return null;
        }

        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out decimal seconds))
        {
            return FromUnix(name, text, seconds);
        }

        if (GoDuration.TryParse(text, out TimeSpan ago) && ago < TimeSpan.FromDays(365 * 1000))
        {
            return now - ago;
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? time
            : throw Invalid(name, text);
    }

    private static DateTimeOffset? FromUnix(string name, string text, decimal seconds)
    {
        if (seconds is > 253402300799m or < -62135596800m)
        {
            throw Invalid(name, text);
        }

        return seconds == 0 ? null : DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
    }

    private static ApiException Invalid(string name, string text) =>
        ApiException.BadRequest($"invalid value for \"{name}\": \"{(text.Length > 60 ? text[..60] : text)}\"");
}
