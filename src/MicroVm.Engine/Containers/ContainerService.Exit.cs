using MicroVm.Engine.Guest;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private const int KilledExitCode = 137;
    private const int LostExitCode = 255;
    private const int MaxDrainConnections = 5;

    /// <summary>Waits for the container's end, records it, and clears the VM away.</summary>
    private async Task SuperviseAsync(Container container, ContainerRun run)
    {
        try
        {
            await SuperviseToEndAsync(container, run).ConfigureAwait(false);
        }
        catch (Exception e) when (!run.IsReleased)
        {
            // Whatever went wrong, nobody may wait for this run for ever.
            LogSupervisionFailed(e, container.Id);
            run.CompleteEnded(new(LostExitCode, e.Message));
            run.CompleteGone();
        }
    }

    private async Task SuperviseToEndAsync(Container container, ContainerRun run)
    {
        RunEnd? end = await WaitForEndAsync(container, run).ConfigureAwait(false);
        if (end is null)
        {
            return;
        }

        await EndPauseAsync(container, run).ConfigureAwait(false);
        if (!await DrainAsync(container, run).ConfigureAwait(false))
        {
            return;
        }

        run.Log.Complete();
        if (run.Log.Failure is { } logFailure)
        {
            LogIncomplete(container.Id, logFailure.Message);
        }

        bool isKept = container.IsKept;
        run.Visits = container.Snapshot.Spec.IsBuildStep && end.IsProcessExit ? new() : null;
        await RecordEndAsync(container, run, end).ConfigureAwait(false);
        await LingerAsync(run).ConfigureAwait(false);
        await TearDownAsync(container, run, isClean: end.IsProcessExit && isKept).ConfigureAwait(false);
        if (!isKept)
        {
            await IgnoreFailure(AutoRemoveAsync(container)).ConfigureAwait(false);
        }

        RestartLater(container);
    }

    /// <summary>Null when the daemon lets go of the VM.</summary>
    private async Task<RunEnd?> WaitForEndAsync(Container container, ContainerRun run)
    {
        while (true)
        {
            GuestSession session = run.Session;
            await Task.WhenAny(session.InitExited, session.Closed, run.Machine.Exited).ConfigureAwait(false);
            if (session.InitExited.IsCompletedSuccessfully)
            {
                return RunEnd.Of(await session.InitExited.ConfigureAwait(false));
            }

            await Task.WhenAny(run.Machine.Exited, run.Released, ReconnectableAsync(run)).ConfigureAwait(false);
            if (run.IsReleased)
            {
                return null;
            }

            if (run.Machine.Exited.IsCompleted)
            {
                return RunEnd.Of(await run.Machine.Exited.ConfigureAwait(false));
            }

            if (await TryReconnectAsync(container, run, session).ConfigureAwait(false) is { } lost && !run.Gate.IsPaused)
            {
                await run.Machine.KillAsync().ConfigureAwait(false);
                return lost;
            }
        }
    }

    /// <summary>
    /// All output up to the streams' ends reaches the log, over as many connections as that takes. False: the daemon lets
    /// go of the VM, and the rest is the next one's.
    /// </summary>
    private async Task<bool> DrainAsync(Container container, ContainerRun run)
    {
        for (int connections = 0; connections < MaxDrainConnections; connections++)
        {
            await DrainConnectionAsync(run).ConfigureAwait(false);
            GuestProcess init = run.Session.Init;
            if (init.HasAllOutput || !init.OutputEnded.IsCompleted || run.Machine.Exited.IsCompleted)
            {
                return true;
            }

            await Task.WhenAny(run.Machine.Exited, run.Released, ReconnectableAsync(run)).ConfigureAwait(false);
            if (run.IsReleased || await TryReconnectAsync(container, run, run.Session).ConfigureAwait(false) is not null)
            {
                return !run.IsReleased;
            }
        }

        return true;
    }

    /// <summary>
    /// A client that has stopped reading is waited for until nothing moves any more, then loses the rest.
    /// </summary>
    private async Task DrainConnectionAsync(ContainerRun run)
    {
        Task output = run.Session.Init.OutputEnded;
        for (int stalls = 0; !output.IsCompleted && stalls < 3;)
        {
            long delivered = run.Hub.Delivered;
            await Task.WhenAny(output, Task.Delay(_options.StallTimeout)).ConfigureAwait(false);
            if (!output.IsCompleted && run.Hub.Delivered == delivered)
            {
                run.Hub.DropStalledClients();
                stalls++;
            }
        }
    }

    /// <summary>The next to come reads what a build's step has written: another VM for that would take as long as the step.</summary>
    private static async Task LingerAsync(ContainerRun run)
    {
        if (run.Visits is { } visits)
        {
            visits.CloseLater();
            await Task.WhenAny(visits.Over, run.Machine.Exited, run.Session.Closed, run.Released).ConfigureAwait(false);
            visits.Close();
        }
    }

    private async Task RecordEndAsync(Container container, ContainerRun run, RunEnd end)
    {
        ContainerExit exit = new(end.ExitCode, end.IsLoss ? end.Error : null);
        Task saved;
        lock (container.Sync)
        {
            bool restarts = IsToRestart(container, end.ExitCode);
            saved = container.Update(
                record => record with { HasEnded = true, Snapshot = Ended(record.Snapshot, end, restarts) },
                durable: !container.Snapshot.Spec.AutoRemove);
            PublishEnd(container, end);
            container.Waiters.CompleteExit(exit);
            if (!restarts)
            {
                container.Waiters.CompleteStop(exit);
            }
        }

        container.EndStreams();
        run.CompleteEnded(exit);
        LogEnded(container.Id, end.ExitCode, end.Error);
        await IgnoreFailure(saved).ConfigureAwait(false);
    }

    private static ContainerSnapshot Ended(ContainerSnapshot snapshot, RunEnd end, bool restarts = false) => snapshot with
    {
        Status = snapshot.Status == ContainerStatus.Removing ? ContainerStatus.Removing
            : restarts ? ContainerStatus.Restarting : ContainerStatus.Exited,
        Pid = 0,
        ExitCode = end.ExitCode,
        OomKilled = end.OutOfMemory,
        Error = end.Error,
        FinishedAt = DateTimeOffset.UtcNow,
        Ports = [],
    };

    /// <summary>Ends the VM: with a clean unmount where its writable disk is kept, else at once.</summary>
    private async Task TearDownAsync(Container container, ContainerRun run, bool isClean)
    {
        if (isClean && container.Removing is null)
        {
            await ShutDownGuestAsync(container, run).ConfigureAwait(false);
        }

        await IgnoreFailure(run.Companions.WaitAsync(_options.StallTimeout)).ConfigureAwait(false);
        await run.Machine.KillAsync().ConfigureAwait(false);
        await run.Session.DisposeAsync().ConfigureAwait(false);
        await run.Machine.DisposeAsync().ConfigureAwait(false);
        run.Log.Dispose();
        _ports.Release(run.Spec.PublishedPorts);
        _networks.Leave(container);
        ContainerStore.DeleteTree(container.Paths.RuntimeDirectory);
        PublishUnmounts(container);
        lock (container.Sync)
        {
            container.Run = null;
            _ = container.Update(record => record with { Vm = null }, durable: false);
        }

        run.CompleteGone();
    }

    /// <param name="IsProcessExit">The guest lives and can shut down cleanly.</param>
    private sealed record RunEnd(int ExitCode, bool OutOfMemory, string Error, bool IsProcessExit)
    {
        /// <summary>Neither the process nor anybody's will ended it: who waits is told why, and Docker's client then exits with 125.</summary>
        public bool IsLoss => ExitCode == LostExitCode && !IsProcessExit;

        public static RunEnd Of(Exited exited) => new((int)Math.Min(exited.Status, LostExitCode), exited.OutOfMemory, "", true);

        public static RunEnd Of(VmExit exit)
        {
            int code = exit.Reason.Contains("signal 9", StringComparison.Ordinal) ? KilledExitCode : LostExitCode;
            return new(code, false, $"the virtual machine ended: {OneLine.Of(exit.Reason, 300)}", false);
        }
    }
}
