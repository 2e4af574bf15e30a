namespace MicroVm.Cli.Containers;

/// <summary>The <c>--health-*</c> flags. Zero: the image's.</summary>
internal sealed class HealthOptions
{
    internal string? Command { get; set; }

    internal TimeSpan Interval { get; set; }

    internal TimeSpan Timeout { get; set; }

    internal TimeSpan StartPeriod { get; set; }

    internal TimeSpan StartInterval { get; set; }

    internal int Retries { get; set; }

    internal bool Disabled { get; set; }

    internal bool IsGiven => Command is not null || Retries != 0
        || Interval != default || Timeout != default || StartPeriod != default || StartInterval != default;
}
