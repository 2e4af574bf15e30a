using System.Diagnostics.CodeAnalysis;

namespace MicroVm.Engine.Containers;

/// <summary>Automatic starts: after an end, and when the daemon starts.</summary>
public sealed partial class ContainerService
{
    // A host that boots starts all its containers: not all at once.
    private readonly SemaphoreSlim _automaticStarts = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>Somebody asks for its end: no policy starts it again.</summary>
    private static void MarkStopped(Container container)
    {
        if (container.Snapshot.Spec.Restart.Mode != RestartMode.No)
        {
            _ = container.Update(record => record with { WasStopped = true }, durable: false);
        }
    }

    /// <summary>Started by somebody: policies count from here. Call under the container's lock.</summary>
    private static void MarkWanted(Container container)
    {
        container.BackOff.Reset();
        if (container.Record.WasStopped || container.Snapshot.RestartCount != 0)
        {
            _ = container.Update(
                record => record with { WasStopped = false, Snapshot = record.Snapshot with { RestartCount = 0 } }, durable: false);
        }
    }

    private static bool IsToRestart(Container container, int exitCode) =>
        container.Removing is null && !container.Record.WasStopped
        && container.Snapshot.Status is not ContainerStatus.Removing
        && container.Snapshot.Spec.Restart.AppliesAfterExit(exitCode, container.Snapshot.RestartCount);

    /// <summary>Starts a container in state restarting again, when its turn comes.</summary>
    [SuppressMessage("Reliability", "CA2000", Justification = "A source without a timer holds nothing to dispose.")]
    private void RestartLater(Container container)
    {
        lock (container.Sync)
        {
            if (!IsWaitingToRestart(container) || _isDisposed)
            {
                return;
            }

            CancellationTokenSource cancellation = new();
            container.PendingRestart = cancellation;
            TimeSpan delay = container.BackOff.Next(RunTime(container.Snapshot));
            _ = Task.Run(() => RestartAfterAsync(container, delay, cancellation.Token));
        }
    }

    private static bool IsWaitingToRestart(Container container) =>
        container.Snapshot.Status == ContainerStatus.Restarting && container.Removing is null;

    private static TimeSpan RunTime(ContainerSnapshot snapshot) =>
        snapshot is { StartedAt: { } from, FinishedAt: { } to } ? to - from : TimeSpan.Zero;

    private async Task RestartAfterAsync(Container container, TimeSpan delay, CancellationToken cancellation)
    {
        try
        {
            await Task.Delay(delay, cancellation).ConfigureAwait(false);
            await _automaticStarts.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                await RestartNowAsync(container).ConfigureAwait(false);
            }
            finally
            {
                _automaticStarts.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped, removed, or the daemon ends.
        }
    }

    private async Task RestartNowAsync(Container container)
    {
        (Task? start, Task? first) = BeginRestart(container);
        while (first is not null)
        {
            await first.ConfigureAwait(false);
            (start, first) = BeginRestart(container);
        }

        if (start is not null)
        {
            await IgnoreFailure(start).ConfigureAwait(false);
            AfterAutomaticStart(container);
        }
    }

    /// <summary>The start, or what must be over before it; neither: it is not wanted any more.</summary>
    private (Task? Start, Task? First) BeginRestart(Container container)
    {
        lock (container.Sync)
        {
            if (!IsWaitingToRestart(container) || container.Starting is not null)
            {
                return (null, null);
            }

            if (container.Offline is { } offline)
            {
                return (null, offline.CloseAsync());
            }

            container.PendingRestart = null;
            _ = container.UpdateSnapshot(s => s with { RestartCount = s.RestartCount + 1 });
            return (Launch(container), null);
        }
    }

    /// <summary>One that failed is tried again as an end would be; its state tells why it failed.</summary>
    private void AfterAutomaticStart(Container container)
    {
        lock (container.Sync)
        {
            if (!IsWaitingToRestart(container))
            {
                return;
            }

            if (!IsToRestart(container, container.Snapshot.ExitCode))
            {
                EndRestarting(container);
                return;
            }
        }

        RestartLater(container);
    }

    /// <summary>True: it was between two runs and stays down now.</summary>
    private static bool TryCallOffRestart(Container container)
    {
        lock (container.Sync)
        {
            if (container.Snapshot.Status != ContainerStatus.Restarting || container.Starting is not null)
            {
                return false;
            }

            MarkStopped(container);
            EndRestarting(container);
            return true;
        }
    }

    private static void EndRestarting(Container container)
    {
        container.PendingRestart?.Cancel();
        container.PendingRestart = null;
        _ = container.UpdateSnapshot(s => s with { Status = ContainerStatus.Exited });
        container.Waiters.CompleteStop(ExitOf(container.Snapshot));
    }

    /// <summary>What is to run after a start of the daemon, or was between two runs when the last one ended.</summary>
    private void RestartRecovered(Container container)
    {
        lock (container.Sync)
        {
            ContainerSnapshot snapshot = container.Snapshot;
            bool isToRun = snapshot.Status == ContainerStatus.Restarting
                || (snapshot is { Status: ContainerStatus.Exited, StartedAt: not null }
                    && snapshot.Spec.Restart.AppliesAtDaemonStart(container.Record.WasStopped));
            if (container.Run is not null || !isToRun || container.Removing is not null)
            {
                return;
            }

            _ = container.UpdateSnapshot(s => s with { Status = ContainerStatus.Restarting });
        }

        RestartLater(container);
    }
}
