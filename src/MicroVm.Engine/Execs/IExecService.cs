using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Execs;

/// <summary>
/// Processes beside a container's own. An exec is made, then started once, by its id; it is known until some minutes after its
/// end, and to this daemon alone. Methods throw <see cref="EngineException"/>: NotFound for an id that is not known, Conflict
/// where the container does not run or the exec was started before.
/// </summary>
public interface IExecService
{
    ExecSnapshot Create(string container, ExecSpec spec);

    /// <summary>Its streams, from before the start on, so that no byte is missed.</summary>
    IAttachment Attach(string exec);

    /// <summary>
    /// Returns when the process runs. When it can't be run: throws in Docker's words, and the exit code is 126 or 127. The
    /// attachment ends when the process has ended, after its exit code is known.
    /// </summary>
    /// <param name="terminalSize">0 by 0: not known.</param>
    Task StartAsync(string exec, (int Rows, int Columns) terminalSize, CancellationToken cancellationToken);

    Task ResizeAsync(string exec, int rows, int columns, CancellationToken cancellationToken);

    ExecSnapshot Inspect(string exec);

    /// <summary>The ids of the execs of a container that run.</summary>
    IReadOnlyList<string> RunningIn(string containerId);
}
