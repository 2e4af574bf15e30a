using System.Globalization;
using MicroVm.Engine.Configuration;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Files;

/// <summary>HEALTHCHECK [OPTIONS] CMD …, or HEALTHCHECK NONE.</summary>
internal static class HealthcheckInstruction
{
    /// <exception cref="EngineException">Invalid.</exception>
    public static HealthcheckConfig Parse(string rest)
    {
        HealthcheckConfig check = new([], 0, 0, 0, 0, 0);
        while (rest.StartsWith("--", StringComparison.Ordinal))
        {
            int end = rest.IndexOf(' ');
            string option = end < 0 ? rest : rest[..end];
            rest = end < 0 ? "" : rest[end..].Trim();
            check = WithOption(check, option);
        }

        (string kind, string command) = InstructionText.Divide(rest);
        return kind switch
        {
            "NONE" when command.Length == 0 => check with { Test = ["NONE"] },
            "CMD" when command.Length > 0 => check with { Test = Test(command) },
            _ => throw ConfigInstruction.Invalid($"Unknown type \"{kind}\" in HEALTHCHECK (try CMD)"),
        };
    }

    private static IReadOnlyList<string> Test(string command) =>
        InstructionText.TryArray(command) is { } array ? ["CMD", .. array] : ["CMD-SHELL", command];

    private static HealthcheckConfig WithOption(HealthcheckConfig check, string option)
    {
        string[] parts = option.Split('=', 2);
        string value = parts.Length == 2 ? parts[1] : "";
        return parts[0] switch
        {
            "--interval" => check with { Interval = Nanoseconds(option, value) },
            "--timeout" => check with { Timeout = Nanoseconds(option, value) },
            "--start-period" => check with { StartPeriod = Nanoseconds(option, value) },
            "--start-interval" => check with { StartInterval = Nanoseconds(option, value) },
            "--retries" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int retries) => check with { Retries = retries },
            _ => throw ConfigInstruction.Invalid($"Unknown flag or value in HEALTHCHECK: {option}"),
        };
    }

    /// <summary>Go's durations, 1m30s, without fractions of a unit below the millisecond.</summary>
    private static long Nanoseconds(string option, string text) => GoDurationText.TryParse(text, out long nanoseconds)
        ? nanoseconds
        : throw ConfigInstruction.Invalid($"invalid duration in HEALTHCHECK: {option}");
}
