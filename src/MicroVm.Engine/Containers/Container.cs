using MicroVm.Engine.Files;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Persistence;
using MicroVm.Engine.Stdio;

namespace MicroVm.Engine.Containers;

/// <summary>
/// One container in memory. Its state is an immutable record, replaced under <see cref="Sync"/>; the lock is never
/// held across a wait.
/// </summary>
internal sealed class Container
{
    private readonly RecordWriter _writer;
    private volatile ContainerRecord _record;

    public Container(ContainerRecord record, ContainerPaths paths)
    {
        _record = record;
        Paths = paths;
        _writer = new(paths);
        Hub = NewHub();
    }

    public Lock Sync { get; } = new();

    public ContainerPaths Paths { get; }

    public ContainerRecord Record => _record;

    public ContainerSnapshot Snapshot => _record.Snapshot;

    public string Id => Snapshot.Id;

    /// <summary>How its output is kept.</summary>
    public LogSettings LogSettings => LogSettings.Parse(Snapshot.Spec.LogDriver, Snapshot.Spec.LogOptions) with { Attributes = LogAttributes.Of(Snapshot) };

    public bool IsRunning => Snapshot.Status is ContainerStatus.Running or ContainerStatus.Paused;

    public ContainerWaiters Waiters { get; } = new();

    /// <summary>Standard streams of the run under way, or of the next.</summary>
    public StdioHub Hub { get; private set; }

    /// <summary>The VM that runs, or is being shut down; null when there is none.</summary>
    public ContainerRun? Run { get; set; }

    /// <summary>The start under way.</summary>
    public Task? Starting { get; set; }

    /// <summary>Calls the start under way off.</summary>
    public CancellationTokenSource? BootCancellation { get; set; }

    /// <summary>Calls the next automatic start off; null when none is waited for.</summary>
    public CancellationTokenSource? PendingRestart { get; set; }

    public RestartBackOff BackOff { get; } = new();

    /// <summary>The removal under way.</summary>
    public Task? Removing { get; set; }

    /// <summary>Restarts that are stopping it: the end of the run is then not that of the container, even with --rm.</summary>
    public int Restarts { get; set; }

    /// <summary>The container outlives its run.</summary>
    public bool IsKept => !Snapshot.Spec.AutoRemove || Restarts > 0;

    /// <summary>The VM in which its files are read and written while it does not run.</summary>
    public OfflineVm? Offline { get; set; }

    /// <summary>Disks that create has begun to make.</summary>
    public Task<PreparedDisks>? Disks { get; set; }

    /// <summary>Terminal size asked for before the process ran.</summary>
    public (int Rows, int Columns) TerminalSize { get; set; }

    /// <summary>
    /// Replaces the state and has it written; the task completes when it is on disk. <paramref name="durable"/>: even
    /// across a loss of power.
    /// </summary>
    public Task Update(Func<ContainerRecord, ContainerRecord> change, bool durable)
    {
        lock (Sync)
        {
            _record = change(_record);
            return _writer.Save(_record, durable);
        }
    }

    /// <summary>As <see cref="Update"/>, of the public state alone.</summary>
    public Task UpdateSnapshot(Func<ContainerSnapshot, ContainerSnapshot> change, bool durable = false) =>
        Update(record => record with { Snapshot = change(record.Snapshot) }, durable);

    /// <summary>Ends the streams of the run that is over; clients that attach now wait for the next.</summary>
    public void EndStreams()
    {
        StdioHub ended;
        lock (Sync)
        {
            ended = Hub;
            Hub = NewHub();
        }

        ended.Complete();
    }

    /// <summary>Waits until the last state is on disk.</summary>
    public Task FlushAsync() => _writer.FlushAsync();

    /// <summary>Its files are going to be deleted.</summary>
    public Task StopWritingAsync() => _writer.CloseAsync();

    private StdioHub NewHub() => new(Snapshot.Spec.Terminal, Snapshot.Spec.StdinOnce, Paths.Log, LogSettings.Parse(Snapshot.Spec.LogDriver, Snapshot.Spec.LogOptions).IsBlocking);
}
