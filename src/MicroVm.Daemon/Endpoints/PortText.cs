using System.Globalization;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Ports as the API writes them: <c>80/tcp</c>, <c>53/udp</c>, <c>80</c>.</summary>
internal static class PortText
{
    public static string Format(int port, string protocol) => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}");

    public static (int Port, string Protocol) Parse(string text)
    {
        (string number, string protocol) = Split(text);
        return TryParseNumber(number, 1, out int port)
            ? (port, protocol)
            : throw ApiException.BadRequest($"invalid port specification: \"{text}\"");
    }

    /// <summary>First and last port of <c>8000-8010/tcp</c>; both are the same without a dash.</summary>
    public static (int First, int Last, string Protocol) ParseRange(string text)
    {
        (string numbers, string protocol) = Split(text);
        int dash = numbers.IndexOf('-', StringComparison.Ordinal);
        string first = dash < 0 ? numbers : numbers[..dash];
        string last = dash < 0 ? numbers : numbers[(dash + 1)..];
        return TryParseNumber(first, 0, out int from) && TryParseNumber(last, 0, out int to) && from <= to
            ? (from, to, protocol)
            : throw ApiException.BadRequest($"invalid port specification: \"{text}\"");
    }

    /// <summary>0 for none given: any free port.</summary>
    public static int ParseHostPort(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        return TryParseNumber(text, 0, out int port)
            ? port
            : throw ApiException.BadRequest($"invalid port specification: \"{text}\" (a range for one port is not supported)");
    }

    private static (string Numbers, string Protocol) Split(string text)
    {
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (text, "tcp") : (text[..slash], text[(slash + 1)..].ToLowerInvariant());
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, int least, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= least && port <= 65535;
}
