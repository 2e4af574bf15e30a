using System.Security.Cryptography;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Guest;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Execs;

/// <summary>Runs processes in containers' guests, beside the containers' own.</summary>
internal sealed class ExecService(ContainerService containers, EventBus events) : IExecService
{
    private const int KilledExitCode = 137;
    private const int CannotStartExitCode = 126;
    public const string RuntimeContext = "OCI runtime exec failed: exec failed: unable to start container process: ";

    // A child that holds the output open may keep the client this long, as with Docker.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    private readonly ExecTable _execs = new(TimeProvider.System);

    public ExecSnapshot Create(string container, ExecSpec spec)
    {
        if (spec.Arguments.Count == 0)
        {
            throw new EngineException(EngineErrorKind.Invalid, "No exec command specified");
        }

        (Container found, _) = containers.RequireRunning(container);
        Check(found, spec);
        Exec exec = new(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), found, spec);
        _execs.Add(exec);
        PublishWithCommand(exec, "exec_create");
        return exec.Snapshot;
    }

    public IAttachment Attach(string exec)
    {
        Exec found = _execs.Find(exec);
        RequireNotStarted(found, found.WasStarted);
        _ = containers.RequireRunning(found.Container.Id);
        ExecSpec spec = found.Snapshot.Spec;
        return found.Hub.Attach(new(Stream: true, spec.AttachStdin, spec.AttachStdout, spec.AttachStderr, Logs: false));
    }

    public async Task StartAsync(string exec, (int Rows, int Columns) terminalSize, CancellationToken cancellationToken)
    {
        Exec found = _execs.Find(exec);
        (Container container, ContainerRun run) = containers.RequireRunning(found.Container.Id);
        RequireNotStarted(found, !found.TryBegin(terminalSize));
        try
        {
            (int, int) size = found.TerminalSize;
            Task<GuestProcess> start = run.Session.StartAsync(
                found.Hub, number => GuestRequests.Exec(container.Snapshot, found.Snapshot.Spec, number, size), cancellationToken);
            await Task.WhenAny(start, run.Ended).ConfigureAwait(false);
            GuestProcess process = start.IsCompleted ? await start.ConfigureAwait(false) : throw NotRunning(container);
            found.Run(run, process);
            PublishWithCommand(found, "exec_start");
            Begin(found, run, process, size);
        }
        catch (Exception e)
        {
            StartFailure told = StartFailure.From(e, RuntimeContext);
            found.End(told.ExitCode is 125 ? CannotStartExitCode : told.ExitCode);
            throw new EngineException(told.Kind, told.Message, e);
        }
    }

    public async Task ResizeAsync(string exec, int rows, int columns, CancellationToken cancellationToken)
    {
        Exec found = _execs.Find(exec);
        found.TerminalSize = (rows, columns);
        if (found.Running is var (run, process))
        {
            await ContainerService.AskGuestAsync(
                found.Container, run.Session.ResizeAsync(process.Number, rows, columns, cancellationToken)).ConfigureAwait(false);
        }
        else if (found.WasStarted && found.EndedAt is not null)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"exec process {found.Snapshot.Id} is not running");
        }
    }

    public ExecSnapshot Inspect(string exec) => _execs.Find(exec).Snapshot;

    public IReadOnlyList<string> RunningIn(string containerId) =>
        [.. _execs.All.Select(e => e.Snapshot).Where(e => e.Running && e.ContainerId == containerId).Select(e => e.Id)];

    private static void Check(Container container, ExecSpec spec)
    {
        ProcessValidator.Check(spec.Arguments, spec.Environment);
        ProcessValidator.Check(spec.Arguments, GuestRequests.ExecEnvironment(container.Snapshot, spec));
        ProcessValidator.CheckDirectory(spec.WorkingDirectory);
        ProcessValidator.CheckUser(spec.User);
    }

    private static void RequireNotStarted(Exec exec, bool wasStarted)
    {
        if (wasStarted)
        {
            string what = exec.Snapshot.ExitCode is null ? "is already running" : "has already run";
            throw new EngineException(EngineErrorKind.Conflict, $"Error: Exec command {exec.Snapshot.Id} {what}");
        }
    }

    private void Begin(Exec exec, ContainerRun run, GuestProcess process, (int Rows, int Columns) startedWith)
    {
        _ = exec.Hub.Stdin.OpenAsync(process.Stdin);
        if (exec.TerminalSize is var (rows, columns) && (rows, columns) != startedWith)
        {
            _ = ContainerService.IgnoreFailure(run.Session.ResizeAsync(process.Number, rows, columns, CancellationToken.None));
        }

        run.Accompany(Task.Run(() => SuperviseAsync(exec, run, process)));
    }

    private async Task SuperviseAsync(Exec exec, ContainerRun run, GuestProcess process)
    {
        await Task.WhenAny(process.Exited, run.Ended, run.Released).ConfigureAwait(false);
        if (run.IsReleased && !process.Exited.IsCompleted)
        {
            return;
        }

        await DrainAsync(exec, run, process).ConfigureAwait(false);
        int exitCode = process.Exited.IsCompletedSuccessfully ? ExitCode(await process.Exited.ConfigureAwait(false)) : KilledExitCode;
        events.Publish(exec.Container.Snapshot, "exec_die", ("execID", exec.Snapshot.Id), ("exitCode", exitCode.Text()));
        exec.End(exitCode);
        run.Session.Forget(process);
    }

    private void PublishWithCommand(Exec exec, string action) => events.Publish(
        exec.Container.Snapshot, $"{action}: {string.Join(' ', exec.Snapshot.Spec.Arguments)}", ("execID", exec.Snapshot.Id));

    private static int ExitCode(Exited exited) => (int)Math.Min(exited.Status, 255);

    /// <summary>
    /// All output up to the ends of the streams reaches the client, however slowly it reads; but a child that keeps them open
    /// and writes nothing is not waited for.
    /// </summary>
    private static async Task DrainAsync(Exec exec, ContainerRun run, GuestProcess process)
    {
        Task output = process.OutputEnded;
        for (long delivered = -1; !output.IsCompleted && !run.Gone.IsCompleted;)
        {
            if (delivered == exec.Hub.Delivered && !exec.Hub.IsBackedUp)
            {
                return;
            }

            delivered = exec.Hub.Delivered;
            await Task.WhenAny(output, run.Gone, Task.Delay(s_quiet)).ConfigureAwait(false);
        }
    }

    private static EngineException NotRunning(Container container) =>
        new(EngineErrorKind.Conflict, $"Container {container.Id} is not running");
}
