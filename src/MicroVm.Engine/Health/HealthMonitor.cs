using System.Globalization;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Execs;
using MicroVm.Protocol.Connection;

namespace MicroVm.Engine.Health;

/// <summary>Probes one run of a container, again and again until it has ended, and keeps what it finds in the container's state.</summary>
internal sealed class HealthMonitor(Container container, ContainerRun run, HealthCheck check, EventBus events)
{
    private const int MaxOutput = 4096;

    private readonly IReadOnlyList<string>? _command = check.Command(container.Snapshot.Effective.Shell);

    public async Task RunAsync()
    {
        while (_command is not null && await PauseAsync().ConfigureAwait(false))
        {
            // Its processors stand still: that is no fault of the container's.
            if (container.Snapshot.Status == ContainerStatus.Running)
            {
                Record(await ProbeAsync(_command).ConfigureAwait(false));
            }
        }
    }

    private bool IsStarting(DateTimeOffset time) => time - container.Snapshot.StartedAt < check.StartPeriod;

    /// <summary>False: the run is over.</summary>
    private async Task<bool> PauseAsync()
    {
        bool starts = container.Snapshot.Health?.Status == HealthStatus.Starting && IsStarting(DateTimeOffset.UtcNow);
        TimeSpan interval = starts && check.StartInterval < check.Interval ? check.StartInterval : check.Interval;
        try
        {
            await Task.WhenAny(run.Ended, run.Released).WaitAsync(interval).ConfigureAwait(false);
            return false;
        }
        catch (TimeoutException)
        {
            return true;
        }
    }

    private async Task<ProbeResult> ProbeAsync(IReadOnlyList<string> command)
    {
        DateTimeOffset start = DateTimeOffset.UtcNow;
        ExecSpec spec = new() { Arguments = command, AttachStdout = true, AttachStderr = true };
        try
        {
            (int? exitCode, string output) =
                await GuestCommand.RunAsync(run, container.Snapshot, spec, check.Timeout, MaxOutput).ConfigureAwait(false);
            return new(start, DateTimeOffset.UtcNow, exitCode ?? -1, exitCode is null ? TooLong() : output);
        }
        catch (Exception e) when (e is RequestFailedException or IOException)
        {
            return new(start, DateTimeOffset.UtcNow, -1, OneLine.Of(StartFailure.From(e, ExecService.RuntimeContext).Message, 512));
        }
    }

    private string TooLong() =>
        string.Create(CultureInfo.InvariantCulture, $"Health check exceeded timeout ({check.Timeout.TotalSeconds:0.###}s)");

    private void Record(ProbeResult probe)
    {
        HealthState before, after;
        lock (container.Sync)
        {
            if (container.Run != run || container.Snapshot.Status != ContainerStatus.Running)
            {
                return;
            }

            before = container.Snapshot.Health ?? HealthState.Starting;
            after = before.After(probe, IsStarting(probe.Start), check.Retries);
            _ = container.UpdateSnapshot(snapshot => snapshot with { Health = after });
        }

        if (after.Status != before.Status)
        {
            events.Publish(container.Snapshot, $"health_status: {(after.Status == HealthStatus.Healthy ? "healthy" : "unhealthy")}");
        }
    }
}
