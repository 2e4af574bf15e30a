namespace MicroVm.Engine.Health;

/// <summary>
/// How a container's health is found out (https://docs.docker.com/reference/dockerfile, HEALTHCHECK). Zero and empty mean "not
/// given".
/// </summary>
public sealed record HealthCheck
{
    public static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan DefaultStartInterval = TimeSpan.FromSeconds(5);
    public const int DefaultRetries = 3;

    /// <summary>CMD and a program with its arguments, CMD-SHELL and a line for the shell, or NONE.</summary>
    public IReadOnlyList<string> Test { get; init; } = [];

    /// <summary>Between the end of one probe and the start of the next.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>A probe that takes longer has failed.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>After the container's start: failures do not count until a probe has succeeded once.</summary>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>In the start period, in place of the interval.</summary>
    public TimeSpan StartInterval { get; init; }

    /// <summary>Failures in a row that make a container unhealthy.</summary>
    public int Retries { get; init; }

    /// <summary>Docker's durations; what is negative or beyond a day counts as 0 or as a day.</summary>
    public static TimeSpan Nanoseconds(long count) => TimeSpan.FromTicks(Math.Clamp(count / 100, 0, TimeSpan.TicksPerDay));

    /// <summary>NONE: not even what the image says.</summary>
    public bool IsDisabled => Test is ["NONE", ..];

    /// <summary>What is executed; null: nothing that could be.</summary>
    internal IReadOnlyList<string>? Command(IReadOnlyList<string>? shell) => Test switch
    {
        ["CMD", _, ..] => [.. Test.Skip(1)],
        ["CMD-SHELL", var line, ..] => [.. shell ?? ["/bin/sh", "-c"], line],
        _ => null,
    };

    /// <summary>The image's where the container does not say; null where there is nothing to probe.</summary>
    internal static HealthCheck? Merge(HealthCheck? given, HealthCheck? image)
    {
        HealthCheck own = given ?? new();
        HealthCheck fallback = image ?? new();
        HealthCheck merged = new()
        {
            Test = own.Test.Count > 0 ? own.Test : fallback.Test,
            Interval = First(own.Interval, fallback.Interval),
            Timeout = First(own.Timeout, fallback.Timeout),
            StartPeriod = First(own.StartPeriod, fallback.StartPeriod),
            StartInterval = First(own.StartInterval, fallback.StartInterval),
            Retries = own.Retries > 0 ? own.Retries : fallback.Retries,
        };
        return merged.Test.Count == 0 || merged.IsDisabled ? null : merged;
    }

    /// <summary>With Docker's defaults where nothing is given.</summary>
    internal HealthCheck WithDefaults() => this with
    {
        Interval = First(Interval, DefaultInterval),
        Timeout = First(Timeout, DefaultTimeout),
        StartInterval = First(StartInterval, DefaultStartInterval),
        Retries = Retries > 0 ? Retries : DefaultRetries,
    };

    private static TimeSpan First(TimeSpan given, TimeSpan otherwise) => given > TimeSpan.Zero ? given : otherwise;
}
