using System.Globalization;

namespace MicroVm.Engine.Guest;

/// <summary>Linux signal names and numbers (signal(7), x86), as Docker accepts them: with or without SIG, or a number.</summary>
internal static class Signals
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private const int RealTimeMin = 34;
    private const int RealTimeMax = 64;

    private static readonly string[] s_names =
    [
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ];

    private static readonly Dictionary<string, int> s_aliases = new() { ["IOT"] = 6, ["CLD"] = 17, ["POLL"] = 29, ["UNUSED"] = 31 };

    /// <summary>Throws (Invalid) in Docker's words.</summary>
    public static int Parse(string text) => TryParse(text, out int number)
        ? number
        : throw new EngineException(EngineErrorKind.Invalid, $"invalid signal: {OneLine.Of(text, 64)}");

    public static bool TryParse(string text, out int number)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
        {
            return number is >= 1 and <= RealTimeMax;
        }

        string name = text.ToUpperInvariant();
        name = name.StartsWith("SIG", StringComparison.Ordinal) ? name[3..] : name;
        number = name.Length == 0 ? -1 : Array.IndexOf(s_names, name);
        return number > 0 || s_aliases.TryGetValue(name, out number) || TryParseRealTime(name, out number);
    }

    /// <summary>RTMIN, RTMIN+n, RTMAX, RTMAX-n.</summary>
    private static bool TryParseRealTime(string name, out int number)
    {
        number = 0;
        bool fromMin = name.StartsWith("RTMIN", StringComparison.Ordinal);
        if (!fromMin && !name.StartsWith("RTMAX", StringComparison.Ordinal))
        {
            return false;
        }

        int origin = fromMin ? RealTimeMin : RealTimeMax;
        string rest = name[5..];
        if (rest.Length == 0)
        {
            number = origin;
            return true;
        }

        bool parsed = rest[0] == (fromMin ? '+' : '-')
            & int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out int offset);
        number = fromMin ? origin + offset : origin - offset;
        return parsed && offset <= RealTimeMax && number is >= RealTimeMin and <= RealTimeMax;
    }
}
