using MicroVm.Engine.Observation;

namespace MicroVm.Engine.Containers;

/// <summary>
/// The life of containers. A container is named by its id, its name, or an unambiguous id prefix; every method throws
/// <see cref="EngineException"/> (NotFound) for one that is not there.
/// </summary>
public interface IContainerService
{
    /// <summary>
    /// Resolves the image, merges its defaults, allocates id, name and scratch disk, persists. NotFound with
    /// "No such image: NAME:TAG" makes Docker's clients pull; Conflict for a name taken.
    /// </summary>
    Task<CreatedContainer> CreateAsync(ContainerSpec spec, string? name, CancellationToken cancellationToken);

    /// <summary>
    /// Boots the VM and starts the process; returns when it runs. NotModified when it runs already. On failure the
    /// container is in state created again with the error and exit code 125–127 kept, as Docker does.
    /// </summary>
    Task StartAsync(string container, CancellationToken cancellationToken);

    /// <summary>Live from the created state on, so that no byte is missed.</summary>
    Task<IAttachment> AttachAsync(string container, AttachOptions options, CancellationToken cancellationToken);

    /// <summary>
    /// Registers the wait before it returns, so that the caller can answer with headers at once; Result completes when
    /// the condition is met (and survives the container's removal).
    /// </summary>
    ContainerWait Wait(string container, WaitCondition condition);

    /// <summary>Signal by name (with or without SIG) or number. Conflict when it is not running.</summary>
    Task KillAsync(string container, string? signal, CancellationToken cancellationToken);

    /// <summary>
    /// Changes limits and the restart policy: at once what can change while it runs. Returns what can't, and takes effect at the
    /// next start. Invalid: a value that create refuses too.
    /// </summary>
    Task<IReadOnlyList<string>> UpdateAsync(string container, ContainerUpdate update, CancellationToken cancellationToken);

    /// <summary>Stop signal, then after the timeout (null: the container's; -1: never) SIGKILL.</summary>
    Task StopAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken);

    /// <summary>Stop, when it runs, and start; one that is removed at its end is kept.</summary>
    Task RestartAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken);

    /// <summary>
    /// Stops the vCPUs. Conflict when it does not run or is paused already. Signals wait until it is resumed; stop and
    /// SIGKILL resume it.
    /// </summary>
    Task PauseAsync(string container, CancellationToken cancellationToken);

    /// <summary>Conflict when it is not paused.</summary>
    Task UnpauseAsync(string container, CancellationToken cancellationToken);

    Task ResizeAsync(string container, int rows, int columns, CancellationToken cancellationToken);

    Task RenameAsync(string container, string name, CancellationToken cancellationToken);

    /// <summary>Conflict when it runs and <paramref name="force"/> is false.</summary>
    Task RemoveAsync(string container, bool force, bool removeVolumes, CancellationToken cancellationToken);

    /// <summary>What it uses now; null when it does not run. Of one that is paused, or too slow to answer, the last that is known.</summary>
    Task<ContainerStats?> StatsAsync(string container, CancellationToken cancellationToken);

    /// <summary>Its processes (at most 4096), by rising pid. Conflict when it does not run or is paused.</summary>
    Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken);

    /// <summary>A consistent copy of what is known about it.</summary>
    ContainerSnapshot Inspect(string container);

    /// <summary>Bytes that its writable disk takes on the host beyond an empty one.</summary>
    long DiskUsage(string container);

    /// <summary>Newest first.</summary>
    IReadOnlyList<ContainerSnapshot> List();

    /// <summary>The kept output, in order; with Follow until the container ends.</summary>
    IAsyncEnumerable<LogEntry> LogsAsync(string container, LogOptions options, CancellationToken cancellationToken);

    /// <summary>The guest kernel's console of its last start.</summary>
    IAsyncEnumerable<ReadOnlyMemory<byte>> KernelLogAsync(string container, bool follow, CancellationToken cancellationToken);

    /// <summary>Whether any container was made from the image.</summary>
    bool IsImageUsed(Images.Digest image);
}

public sealed record CreatedContainer(string Id, IReadOnlyList<string> Warnings);

public enum WaitCondition
{
    NotRunning,
    NextExit,
    Removed,
}

/// <summary>A registered wait.</summary>
public sealed record ContainerWait(Task<ContainerExit> Result);

/// <param name="Error">What kept it from running to its process's end, else null.</param>
public sealed record ContainerExit(int StatusCode, string? Error);

public sealed record AttachOptions(bool Stream, bool Stdin, bool Stdout, bool Stderr, bool Logs);

/// <summary>
/// One attached client. Output backs up to the container when it is not read (a bounded buffer lies between). Dispose
/// detaches.
/// </summary>
public interface IAttachment : IAsyncDisposable
{
    bool Terminal { get; }

    /// <summary>Next piece of output; null at the end (the container ended and everything was read).</summary>
    ValueTask<OutputChunk?> ReadAsync(CancellationToken cancellationToken);

    /// <summary>Writes to the container's stdin; waits while it takes no more.</summary>
    ValueTask WriteStdinAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>The client's stdin ended (half-close).</summary>
    ValueTask EndStdinAsync(CancellationToken cancellationToken);
}

public enum OutputStream : byte
{
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,
}

public readonly record struct OutputChunk(OutputStream Stream, ReadOnlyMemory<byte> Bytes);

/// <param name="Line">With its newline, or a partial line without.</param>
public sealed record LogEntry(OutputStream Stream, DateTimeOffset Time, ReadOnlyMemory<byte> Line)
{
    /// <summary>What the log's options had it carry.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes { get; init; } = [];
}

/// <param name="Tail">Last N lines; null: all.</param>
public sealed record LogOptions(
    bool Stdout, bool Stderr, bool Follow, int? Tail, DateTimeOffset? Since, DateTimeOffset? Until);
