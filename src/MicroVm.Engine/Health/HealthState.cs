namespace MicroVm.Engine.Health;

public enum HealthStatus
{
    Starting,
    Healthy,
    Unhealthy,
}

/// <summary>What the probes have found of a container.</summary>
/// <param name="FailingStreak">Failures in a row that counted.</param>
/// <param name="Log">The last five, oldest first.</param>
public sealed record HealthState(HealthStatus Status, int FailingStreak, IReadOnlyList<ProbeResult> Log)
{
    private const int Kept = 5;

    public static HealthState Starting { get; } = new(HealthStatus.Starting, 0, []);

    /// <param name="isStarting">In the start period: a failure says nothing yet.</param>
    internal HealthState After(ProbeResult probe, bool isStarting, int retries)
    {
        IReadOnlyList<ProbeResult> log = [.. Log.TakeLast(Kept - 1), probe];
        if (probe.ExitCode == 0)
        {
            return new(HealthStatus.Healthy, 0, log);
        }

        if (isStarting && Status == HealthStatus.Starting)
        {
            return this with { Log = log };
        }

        int streak = FailingStreak + 1;
        return new(streak >= retries ? HealthStatus.Unhealthy : Status, streak, log);
    }
}

/// <param name="ExitCode">-1: it took too long, or could not be run.</param>
/// <param name="Output">Its beginning, 4096 characters at most.</param>
public sealed record ProbeResult(DateTimeOffset Start, DateTimeOffset End, int ExitCode, string Output);
