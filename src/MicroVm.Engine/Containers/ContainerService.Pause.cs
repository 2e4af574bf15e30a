using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    // A monitor answers in milliseconds; one that a guest has taken over may never.
    private static readonly TimeSpan s_pauseTimeout = TimeSpan.FromSeconds(10);

    public async Task PauseAsync(string container, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        ContainerRun run = RunningOf(found) ?? throw NotRunning(found);
        await run.Pausing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await BeginPauseAsync(found, run).ConfigureAwait(false);
            await HoldAsync(found, run).ConfigureAwait(false);
            await StopProcessorsAsync(found, run).ConfigureAwait(false);
            Publish(found, "pause");
        }
        finally
        {
            run.Pausing.Release();
        }
    }

    public async Task UnpauseAsync(string container, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        ContainerRun run = RunningOf(found) ?? throw NotRunning(found);
        if (!await ResumeIfPausedAsync(found, run, cancellationToken).ConfigureAwait(false))
        {
            throw new EngineException(EngineErrorKind.Conflict, $"Container {found.Id} is not paused");
        }
    }

    private static EngineException NotRunning(Container container) =>
        new(EngineErrorKind.Conflict, $"container {container.Id} is not running");

    /// <summary>Recorded before it is done: a daemon that comes later must not wait for an answer of this guest.</summary>
    private static Task BeginPauseAsync(Container container, ContainerRun run)
    {
        lock (container.Sync)
        {
            if (!container.IsRunning || container.Run != run || run.IsEnding)
            {
                throw NotRunning(container);
            }

            if (run.Gate.IsPaused)
            {
                throw new EngineException(EngineErrorKind.Conflict, $"Container {container.Id} is already paused");
            }

            run.Gate.Close();
            return container.UpdateSnapshot(snapshot => snapshot with { Status = ContainerStatus.Paused });
        }
    }

    private static async Task StopProcessorsAsync(Container container, ContainerRun run)
    {
        if (run.Borrowers > 0 && container.Record.IsHeld)
        {
            // The last of them stops the processors.
            run.Gate.Lend();
            return;
        }

        try
        {
            await AskMachineAsync(run.Machine.PauseAsync).ConfigureAwait(false);
        }
        catch (HypervisorException e)
        {
            EndPause(container, run);
            await LetGoAsync(container, run).ConfigureAwait(false);
            throw new EngineException(EngineErrorKind.Internal, $"cannot pause container {container.Id}: {OneLine.Of(e.Message, 300)}", e);
        }
    }

    /// <summary>False: it was not paused.</summary>
    private async Task<bool> ResumeIfPausedAsync(Container container, ContainerRun run, CancellationToken cancellationToken)
    {
        await run.Pausing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!run.Gate.IsPaused)
            {
                return false;
            }

            await RunProcessorsAsync(run).ConfigureAwait(false);
            EndPause(container, run);
            Publish(container, "unpause");
        }
        catch (HypervisorException e)
        {
            throw new EngineException(EngineErrorKind.Internal, $"cannot unpause container {container.Id}: {OneLine.Of(e.Message, 300)}", e);
        }
        finally
        {
            run.Pausing.Release();
        }

        await ReachableAsync(run).WaitAsync(cancellationToken).ConfigureAwait(false);
        await LetGoAsync(container, run).ConfigureAwait(false);
        return true;
    }

    /// <summary>Before the VM is ended in good order: a guest that stands still can neither hand over its output nor unmount.</summary>
    private async Task EndPauseAsync(Container container, ContainerRun run)
    {
        lock (container.Sync)
        {
            run.IsEnding = true;
        }

        if (!run.Machine.Exited.IsCompleted)
        {
            await IgnoreFailure(ResumeIfPausedAsync(container, run, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private static void EndPause(Container container, ContainerRun run)
    {
        lock (container.Sync)
        {
            if (container.Snapshot.Status == ContainerStatus.Paused)
            {
                _ = container.UpdateSnapshot(snapshot => snapshot with { Status = ContainerStatus.Running });
            }

            run.Gate.Open();
        }
    }

    /// <summary>For a request that waits until the guest runs again.</summary>
    private static async Task WhenRunningAsync(ContainerRun run, Func<GuestSession, Task> ask)
    {
        await run.Gate.Running.ConfigureAwait(false);
        await ReachableAsync(run).ConfigureAwait(false);
        await IgnoreFailure(ask(run.Session)).ConfigureAwait(false);
    }

    /// <summary>A VM that was taken over paused is connected to now; that this fails is its supervisor's matter.</summary>
    private static Task<Task> ReachableAsync(ContainerRun run) =>
        Task.WhenAny(run.Connected, run.Ended, Task.Delay(s_reconnectTimeout));

    private static async Task<GuestSession> KeepPausedAsync(
        Container container, IVirtualMachine machine, VmSpec spec, CancellationToken cancellationToken)
    {
        // The earlier daemon may have died between its record and the deed.
        await machine.PauseAsync(cancellationToken).ConfigureAwait(false);
        return GuestSession.Unreachable(spec.Token, container.Hub);
    }

    private static async Task AskMachineAsync(Func<CancellationToken, Task> ask)
    {
        using CancellationTokenSource timeout = new(s_pauseTimeout);
        try
        {
            await ask(timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            throw new HypervisorException("the VMM does not answer", e);
        }
    }
}
