using System.Globalization;
using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Values;

/// <summary>--ulimit: <c>name=soft[:hard]</c>; -1 is unlimited.</summary>
internal sealed record Ulimit(string Name, long Soft, long Hard)
{
    private static readonly string[] s_names =
    [
        "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio",
        "rttime", "sigpending", "stack",
    ];

    internal static Ulimit Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0)
        {
            throw new FlagValueException($"invalid ulimit argument: {text}");
        }

        string name = text[..equals];
        if (Array.IndexOf(s_names, name) < 0)
        {
            throw new FlagValueException($"invalid ulimit type: {name}");
        }

        string[] limits = text[(equals + 1)..].Split(':');
        if (limits.Length > 2)
        {
            throw new FlagValueException($"too many limit values - {text[(equals + 1)..]}, can only have up to two, `soft[:hard]`");
        }

        long soft = Number(limits[0]);
        return Checked(new Ulimit(name, soft, limits.Length == 2 ? Number(limits[1]) : soft));
    }

    private static Ulimit Checked(Ulimit limit)
    {
        if (limit.Hard != -1 && limit.Soft == -1)
        {
            throw new FlagValueException(
                $"ulimit soft limit must be less than or equal to hard limit: soft: -1 (unlimited), hard: {limit.Hard}");
        }

        return limit.Hard == -1 || limit.Soft <= limit.Hard
            ? limit
            : throw new FlagValueException(
                $"ulimit soft limit must be less than or equal to hard limit: {limit.Soft} > {limit.Hard}");
    }

    private static long Number(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) && value >= -1
            ? value
            : throw new FlagValueException($"strconv.ParseInt: parsing \"{text}\": invalid syntax");
}
