using System.Collections.Concurrent;
using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Execs;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>
/// Execs without processes, as <see cref="MemoryContainers"/>: one echoes its stdin to stdout and, when that ends, ends with the exit
/// code 3; <c>missing</c> can't be run.
/// </summary>
internal sealed class MemoryExecs(MemoryContainers containers) : IExecService
{
    private readonly MemoryContainers _processes = new();
    private readonly ConcurrentDictionary<string, ExecSnapshot> _execs = new();

    public List<string> Calls { get; } = [];

    public ExecSnapshot Create(string container, ExecSpec spec)
    {
        ContainerSnapshot found = containers.Inspect(container);
        if (found.Status != ContainerStatus.Running)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"Container {found.Id} is not running");
        }

        string id = _processes.CreateAsync(new() { Image = "exec", Terminal = spec.Terminal }, null, default).Result.Id;
        return _execs[id] = new() { Id = id, ContainerId = found.Id, Spec = spec };
    }

    public IAttachment Attach(string exec) => _processes.AttachAsync(Inspect(exec).Id, new(true, true, true, true, false), default).Result;

    public async Task StartAsync(string exec, (int Rows, int Columns) terminalSize, CancellationToken cancellationToken)
    {
        Calls.Add($"start {terminalSize}");
        await _processes.StartAsync(exec, cancellationToken);
        if (Inspect(exec).Spec.Arguments[0] == "missing")
        {
            await _processes.KillAsync(exec, null, cancellationToken);
            throw new EngineException(EngineErrorKind.Invalid, "executable file not found");
        }
    }

    public Task ResizeAsync(string exec, int rows, int columns, CancellationToken cancellationToken)
    {
        Calls.Add($"resize {Inspect(exec).Id[..4]} {rows} {columns}");
        return Task.CompletedTask;
    }

    public ExecSnapshot Inspect(string exec)
    {
        ExecSnapshot found = _execs.TryGetValue(exec, out ExecSnapshot? known)
            ? known
            : throw new EngineException(EngineErrorKind.NotFound, $"No such exec instance: {exec}");
        ContainerSnapshot process = _processes.Inspect(exec);
        return process.Status switch
        {
            ContainerStatus.Running => found with { Running = true },
            ContainerStatus.Exited => found with { ExitCode = process.ExitCode },
            _ => found,
        };
    }

    public IReadOnlyList<string> RunningIn(string containerId) =>
        [.. _execs.Keys.Select(Inspect).Where(e => e.Running && e.ContainerId == containerId).Select(e => e.Id)];
}
