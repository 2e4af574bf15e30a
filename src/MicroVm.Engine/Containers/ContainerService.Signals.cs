using MicroVm.Engine.Events;
using MicroVm.Engine.Guest;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

public sealed partial class ContainerService
{
    private const int DefaultStopTimeout = 10;

    // How long a process may take to die of SIGKILL before its VM is ended.
    private static readonly TimeSpan s_killTimeout = TimeSpan.FromSeconds(10);

    public async Task KillAsync(string container, string? signal, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        int number = string.IsNullOrEmpty(signal) ? Signals.Kill : Signals.Parse(signal);
        if (IsStop(found, number) && TryCallOffRestart(found))
        {
            return;
        }

        if (RunningOf(found) is not { } run)
        {
            throw new EngineException(
                EngineErrorKind.Conflict, $"cannot kill container: {OneLine.Of(container, 256)}: container {found.Id} is not running");
        }

        if (IsStop(found, number))
        {
            MarkStopped(found);
        }

        if (number == Signals.Kill)
        {
            PublishKill(found, run, number);
            await ResumeIfPausedAsync(found, run, cancellationToken).ConfigureAwait(false);
            await KillProcessAsync(run, cancellationToken).ConfigureAwait(false);
        }
        else if (run.Gate.IsPaused)
        {
            PublishKill(found, run, number);
            _ = WhenRunningAsync(run, session => session.KillAsync(GuestRequests.InitProcess, number, CancellationToken.None));
            await (number == StopSignal(found.Snapshot, given: null) ? ResumeIfPausedAsync(found, run, cancellationToken) : Task.CompletedTask).ConfigureAwait(false);
        }
        else
        {
            await AskGuestAsync(found, run.Session.KillAsync(GuestRequests.InitProcess, number, cancellationToken)).ConfigureAwait(false);
            PublishKill(found, run, number);
        }
    }

    public async Task StopAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        if (found.Starting is { } starting)
        {
            await IgnoreFailure(starting).WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (TryCallOffRestart(found))
        {
            return;
        }

        if (RunningOf(found) is not { } run)
        {
            throw new EngineException(EngineErrorKind.NotModified, $"container {found.Id} is not running");
        }

        int number = StopSignal(found.Snapshot, signal);
        int seconds = timeoutSeconds ?? found.Snapshot.Spec.StopTimeout ?? DefaultStopTimeout;
        TimeSpan timeout = seconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds);
        await ResumeIfPausedAsync(found, run, cancellationToken).ConfigureAwait(false);
        MarkStopped(found);
        PublishKill(found, run, number);
        await SignalAsync(run, number, cancellationToken).ConfigureAwait(false);
        if (!await EndsWithinAsync(run, timeout, cancellationToken).ConfigureAwait(false))
        {
            PublishKill(found, run, Signals.Kill);
            await KillProcessAsync(run, cancellationToken).ConfigureAwait(false);
        }

        Publish(found, "stop");
    }

    public async Task ResizeAsync(string container, int rows, int columns, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        if (rows is < 0 or > ushort.MaxValue || columns is < 0 or > ushort.MaxValue)
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid terminal size: {rows}x{columns}");
        }

        found.TerminalSize = (rows, columns);
        if (RunningOf(found) is { } run)
        {
            if (run.Gate.IsPaused)
            {
                _ = WhenRunningAsync(run, session => session.ResizeAsync(GuestRequests.InitProcess, rows, columns, CancellationToken.None));
                return;
            }

            await AskGuestAsync(found, run.Session.ResizeAsync(GuestRequests.InitProcess, rows, columns, cancellationToken)).ConfigureAwait(false);
            Publish(found, "resize", ("height", rows.Text()), ("width", columns.Text()));
        }
        else if (found.Starting is null)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"container {found.Id} is not running");
        }
    }

    /// <summary>Tells a request's failure in the engine's terms.</summary>
    internal static async Task AskGuestAsync(Container container, Task request)
    {
        try
        {
            await request.ConfigureAwait(false);
        }
        catch (RequestFailedException e) when (e.Failure?.Kind == FailureKind.NoSuchProcess)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"container {container.Id} is not running", e);
        }
        catch (Exception e) when (e is RequestFailedException or IOException)
        {
            throw new EngineException(EngineErrorKind.Internal, $"container {container.Id}: {OneLine.Of(e.Message, 300)}", e);
        }
    }

    /// <summary>Whoever sends it wants the container's end; any other signal may mean anything to the process.</summary>
    private static bool IsStop(Container container, int signal) =>
        signal == Signals.Kill || signal == StopSignal(container.Snapshot, null);

    private static int StopSignal(ContainerSnapshot snapshot, string? given)
    {
        string? signal = string.IsNullOrEmpty(given) ? snapshot.Effective.StopSignal : given;
        return signal is null ? Signals.Terminate : Signals.Parse(signal);
    }

    /// <summary>For what only a running container can do; throws Conflict in Docker's words.</summary>
    internal (Container Container, ContainerRun Run) RequireRunning(string container)
    {
        Container found = _index.Find(container);
        lock (found.Sync)
        {
            string? problem = found.Snapshot.Status switch
            {
                ContainerStatus.Paused => $"{OneLine.Of(container, 256)} is paused, unpause the container before exec",
                ContainerStatus.Restarting => $"{found.Id} is restarting, wait until the container is running",
                ContainerStatus.Running when found.Run is not null => null,
                _ => $"{found.Id} is not running",
            };
            return problem is null
                ? (found, found.Run!)
                : throw new EngineException(EngineErrorKind.Conflict, $"Container {problem}");
        }
    }

    private static ContainerRun? RunningOf(Container container)
    {
        lock (container.Sync)
        {
            return container.IsRunning ? container.Run : null;
        }
    }

    /// <summary>SIGKILL to the process; a guest that does not carry it out loses its VM.</summary>
    private static async Task KillProcessAsync(ContainerRun run, CancellationToken cancellationToken)
    {
        await SignalAsync(run, Signals.Kill, cancellationToken).ConfigureAwait(false);
        if (!await EndsWithinAsync(run, s_killTimeout, cancellationToken).ConfigureAwait(false))
        {
            await run.Machine.KillAsync().ConfigureAwait(false);
            await run.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a signal where a guest that fails to take it is dealt with by a timeout.</summary>
    private static async Task SignalAsync(ContainerRun run, int signal, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(s_killTimeout);
        try
        {
            await run.Session.KillAsync(GuestRequests.InitProcess, signal, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RequestFailedException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static async Task<bool> EndsWithinAsync(ContainerRun run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await run.Ended.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
