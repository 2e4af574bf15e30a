using MicroVm.Cli.Values;

namespace MicroVm.Cli.Output;

/// <summary>Durations as Docker prints them in lists.</summary>
internal static class HumanDuration
{
    internal static string Format(TimeSpan duration)
    {
        double hours = Math.Round(duration.TotalHours, MidpointRounding.AwayFromZero);
        return duration switch
        {
            { TotalSeconds: < 1 } => "Less than a second",
            { TotalSeconds: < 2 } => "1 second",
            { TotalSeconds: < 60 } => Count(duration.TotalSeconds, " seconds"),
            { TotalMinutes: < 2 } => "About a minute",
            { TotalMinutes: < 60 } => Count(duration.TotalMinutes, " minutes"),
            _ when hours < 2 => "About an hour",
            _ when hours < 48 => Count(hours, " hours"),
            _ when hours < 24 * 7 * 2 => Count(hours / 24, " days"),
            _ when hours < 24 * 30 * 2 => Count(hours / 24 / 7, " weeks"),
            _ when hours < 24 * 365 * 2 => Count(hours / 24 / 30, " months"),
            _ => Count(duration.TotalHours / 24 / 365, " years"),
        };
    }

    private static string Count(double number, string unit) => WholeNumber.Format((long)number) + unit;
}
