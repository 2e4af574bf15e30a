using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Stdio;

namespace MicroVm.Engine.Execs;

/// <summary>One exec in memory. Its state is an immutable record, replaced under <see cref="Sync"/>.</summary>
internal sealed class Exec
{
    private ExecSnapshot _snapshot;

    public Exec(string id, Container container, ExecSpec spec)
    {
        _snapshot = new() { Id = id, ContainerId = container.Id, Spec = spec };
        Container = container;
        Hub = new(spec.Terminal, stdinOnce: true, logPath: "");
        Hub.Begin(new UnkeptOutput());
    }

    public Lock Sync { get; } = new();

    public Container Container { get; }

    public StdioHub Hub { get; }

    public ExecSnapshot Snapshot => Volatile.Read(ref _snapshot);

    public bool WasStarted { get; private set; }

    /// <summary>When it ended; null before.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What it was started with, or what was asked for since.</summary>
    public (int Rows, int Columns) TerminalSize { get; set; }

    /// <summary>The process and the VM it runs in; null when it does not run.</summary>
    public (ContainerRun Run, GuestProcess Process)? Running { get; private set; }

    /// <summary>False: somebody else has.</summary>
    public bool TryBegin((int Rows, int Columns) terminalSize)
    {
        lock (Sync)
        {
            (bool first, WasStarted) = (!WasStarted, true);
            TerminalSize = first && terminalSize != default ? terminalSize : TerminalSize;
            return first;
        }
    }

    public void Run(ContainerRun run, GuestProcess process)
    {
        lock (Sync)
        {
            Running = (run, process);
            _snapshot = _snapshot with { Running = true };
        }
    }

    /// <summary>The exit code is there before a client sees the end of the streams.</summary>
    public void End(int exitCode)
    {
        lock (Sync)
        {
            Running = null;
            EndedAt = DateTimeOffset.UtcNow;
            _snapshot = _snapshot with { Running = false, ExitCode = exitCode };
        }

        Hub.Complete();
    }
}
