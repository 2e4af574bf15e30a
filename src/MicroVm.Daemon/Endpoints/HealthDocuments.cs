using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Health;
using HealthState = MicroVm.Api.Containers.HealthState;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Between the API's documents and the engine's records of health checks.</summary>
internal static class HealthDocuments
{
    private const long NanosecondsPerTick = 100;
    private const long Millisecond = 1_000_000;

    /// <summary>Null: nothing is said about it.</summary>
    public static HealthCheck? Check(HealthConfig? config)
    {
        if (config is null)
        {
            return null;
        }

        Require(config.Test is null or [] or ["NONE"] or ["CMD", ..] or ["CMD-SHELL", ..], "Unknown healthcheck type in Test: it is CMD, CMD-SHELL or NONE");
        Require(config.Retries >= 0, "Retries in Healthcheck cannot be negative");
        return new()
        {
            Test = config.Test ?? [],
            Interval = Duration(nameof(config.Interval), config.Interval),
            Timeout = Duration(nameof(config.Timeout), config.Timeout),
            StartPeriod = Duration(nameof(config.StartPeriod), config.StartPeriod),
            StartInterval = Duration(nameof(config.StartInterval), config.StartInterval),
            Retries = config.Retries,
        };
    }

    public static HealthConfig? Config(ContainerSnapshot container) =>
        container.Effective.Health is { } check ? Config(check) : container.Spec.Health is { IsDisabled: true } none ? Config(none) : null;

    public static HealthState? State(ContainerSnapshot container) => container.Health is not { } health
        ? null
        : new(Name(health.Status), health.FailingStreak, [.. health.Log.Select(probe => new HealthProbe(
            Timestamps.Format(probe.Start), Timestamps.Format(probe.End), probe.ExitCode, probe.Output))]);

    /// <summary>What <c>ps</c> adds to the status of a container that runs.</summary>
    public static string Suffix(ContainerSnapshot container) => container.Health?.Status switch
    {
        null => "",
        HealthStatus.Starting => " (health: starting)",
        { } status => $" ({Name(status)})",
    };

    /// <summary>As the filter of <c>ps</c> has it.</summary>
    public static string FilterName(ContainerSnapshot container) => container.Health is { } health ? Name(health.Status) : "none";

    private static string Name(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "healthy",
        HealthStatus.Unhealthy => "unhealthy",
        _ => "starting",
    };

    private static HealthConfig Config(HealthCheck check) => new()
    {
        Test = check.Test,
        Interval = Nanoseconds(check.Interval),
        Timeout = Nanoseconds(check.Timeout),
        StartPeriod = Nanoseconds(check.StartPeriod),
        StartInterval = Nanoseconds(check.StartInterval),
        Retries = check.Retries,
    };

    private static long Nanoseconds(TimeSpan time) => time.Ticks * NanosecondsPerTick;

    private static TimeSpan Duration(string name, long nanoseconds)
    {
        Require(nanoseconds is 0 or >= Millisecond, $"{name} in Healthcheck cannot be less than 1ms");
        return HealthCheck.Nanoseconds(nanoseconds);
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw ApiException.BadRequest(message);
        }
    }
}
