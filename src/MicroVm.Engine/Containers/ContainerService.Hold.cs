using MicroVm.Engine.Files;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

/// <summary>
/// A paused container's own processes are held still by its guest too, so that its processors can run for a while, for whoever
/// copies its files, and nothing of the container moves.
/// </summary>
public sealed partial class ContainerService
{
    // A guest that does not answer is paused all the same; its files can't be reached then.
    private static readonly TimeSpan s_holdTimeout = TimeSpan.FromSeconds(10);

    // What is sent is carried out, if late: nobody needs to wait long for the answer.
    private static readonly TimeSpan s_releaseTimeout = TimeSpan.FromSeconds(2);

    private static async Task HoldAsync(Container container, ContainerRun run)
    {
        bool isHeld = await TryAskAsync(run, Stillness.Hold).ConfigureAwait(false);
        await container.Update(record => record with { IsHeld = isHeld }, durable: false).ConfigureAwait(false);
    }

    /// <summary>Once it is not paused any more; tried again with every new connection. The guest's clock stood still too.</summary>
    private static async Task LetGoAsync(Container container, ContainerRun run)
    {
        if (!run.Gate.IsPaused && await TryAskAsync(run, Stillness.Release).ConfigureAwait(false) && container.Record.IsHeld)
        {
            _ = container.Update(record => record with { IsHeld = false }, durable: false);
        }
    }

    /// <summary>An earlier connection, or daemon, ended before the guest could be told that the pause is over.</summary>
    private static Task LetGoIfHeldAsync(Container container, ContainerRun run) =>
        container.Record.IsHeld ? LetGoAsync(container, run) : Task.CompletedTask;

    private static async Task<bool> TryAskAsync(ContainerRun run, Stillness stillness)
    {
        ulong now = (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks * (ulong)TimeSpan.NanosecondsPerTick;
        try
        {
            Task asked = run.Session.AdjustAsync(new(now, MemoryLimit: 0, ProcessLimit: 0, stillness), CancellationToken.None);
            await asked.WaitAsync(stillness == Stillness.Hold ? s_holdTimeout : s_releaseTimeout).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or IOException or RequestFailedException)
        {
            return false;
        }
    }

    /// <summary>Null: it is not paused any more.</summary>
    private async Task<FileLease?> BorrowAsync(Container container, ContainerRun run, CancellationToken cancellationToken)
    {
        await run.Pausing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!run.Gate.IsPaused || run.IsEnding)
            {
                return null;
            }

            RequireHeld(container);
            await LendAsync(container, run).ConfigureAwait(false);
        }
        finally
        {
            run.Pausing.Release();
        }

        // Not called off: a connection that is being made is not to be cut by stopping the processors.
        await ReachableAsync(run).ConfigureAwait(false);
        return new(run.Session.Tools, () => ReturnAsync(container, run));
    }

    private static void RequireHeld(Container container)
    {
        if (!container.Record.IsHeld)
        {
            throw new EngineException(
                EngineErrorKind.Conflict,
                $"container {container.Id} is paused and its guest did not hold its processes still: unpause the container before its files can be reached");
        }
    }

    private static async Task LendAsync(Container container, ContainerRun run)
    {
        try
        {
            await RunProcessorsAsync(run).ConfigureAwait(false);
        }
        catch (HypervisorException e)
        {
            throw new EngineException(EngineErrorKind.Internal, $"cannot reach the files of paused container {container.Id}: {OneLine.Of(e.Message, 300)}", e);
        }

        run.Borrowers++;
        run.Gate.Lend();
    }

    /// <summary>Unless they run already, for somebody who works in the paused VM.</summary>
    private static Task RunProcessorsAsync(ContainerRun run) =>
        run.Borrowers > 0 ? Task.CompletedTask : AskMachineAsync(run.Machine.ResumeAsync);

    /// <summary>The last one stops the processors again. A daemon that dies before: the next one does, for it finds the container paused.</summary>
    private async Task ReturnAsync(Container container, ContainerRun run)
    {
        await run.Pausing.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            bool isLast = --run.Borrowers == 0;
            if (isLast && run.Gate.IsPaused && !run.IsEnding && !run.IsReleased && !run.Machine.Exited.IsCompleted)
            {
                run.Gate.TakeBack();
                await AskMachineAsync(run.Machine.PauseAsync).ConfigureAwait(false);
            }
        }
        catch (HypervisorException e)
        {
            // Its processes stand still, whatever the processors do.
            LogNotStopped(container.Id, OneLine.Of(e.Message, 300));
        }
        finally
        {
            run.Pausing.Release();
        }
    }
}
