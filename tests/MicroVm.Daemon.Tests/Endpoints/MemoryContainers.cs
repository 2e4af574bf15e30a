using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using MicroVm.Engine;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Observation;
using MicroVm.Images;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>
/// Containers without virtual machines: enough of the engine's contract to test what the API makes of it. A container
/// echoes its stdin to stdout and, when that ends, ends with the exit code 3.
/// </summary>
internal sealed class MemoryContainers : IContainerService
{
    public static readonly Digest Image = Digest.Parse("sha256:" + new string('a', 64));

    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];

    public List<string> Calls { get; } = [];

    public Task<CreatedContainer> CreateAsync(ContainerSpec spec, string? name, CancellationToken cancellationToken)
    {
        if (spec.Image == "missing")
        {
            throw new EngineException(EngineErrorKind.NotFound, "No such image: missing:latest");
        }

        lock (_lock)
        {
            name ??= "box" + _entries.Count;
            if (_entries.Exists(entry => entry.Snapshot.Name == name))
            {
                throw new EngineException(EngineErrorKind.Conflict, $"Conflict. The container name \"/{name}\" is already in use");
            }

            string id = _entries.Count.ToString("x4") + new string('0', 60);
            _entries.Add(new(Snapshot(id, name, spec)));
            return Task.FromResult(new CreatedContainer(id, []));
        }
    }

    public Task StartAsync(string container, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        if (entry.Snapshot.Status == ContainerStatus.Running)
        {
            throw new EngineException(EngineErrorKind.NotModified, "running");
        }

        entry.Snapshot = entry.Snapshot with
        {
            Status = ContainerStatus.Running,
            StartedAt = DateTimeOffset.UtcNow,
            Ports = entry.Snapshot.Spec.Ports,
            Timings = new Dictionary<string, double> { ["boot"] = 12.5 },
        };
        return Task.CompletedTask;
    }

    public Task<IAttachment> AttachAsync(string container, AttachOptions options, CancellationToken cancellationToken) =>
        Task.FromResult<IAttachment>(new Attachment(Find(container)));

    public ContainerWait Wait(string container, WaitCondition condition) => new(Find(container).Exit.Task);

    public Task KillAsync(string container, string? signal, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        Calls.Add($"kill {signal}");
        if (entry.Snapshot.Status != ContainerStatus.Running)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"cannot kill container: {container}: container is not running");
        }

        entry.End(137);
        return Task.CompletedTask;
    }

    public Task StopAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        Calls.Add($"stop {timeoutSeconds} {signal}");
        if (entry.Snapshot.Status != ContainerStatus.Running)
        {
            throw new EngineException(EngineErrorKind.NotModified, "not running");
        }

        entry.End(0);
        return Task.CompletedTask;
    }

    public async Task RestartAsync(string container, int? timeoutSeconds, string? signal, CancellationToken cancellationToken)
    {
        await StopAsync(container, timeoutSeconds, signal, cancellationToken);
        await StartAsync(container, cancellationToken);
    }

    public Task<IReadOnlyList<string>> UpdateAsync(string container, ContainerUpdate update, CancellationToken cancellationToken)
    {
        _ = Find(container);
        Calls.Add($"update {update.Memory} {update.NanoCpus} {update.ProcessLimit} {update.Restart}");
        return Task.FromResult<IReadOnlyList<string>>(["later"]);
    }

    public Task PauseAsync(string container, CancellationToken cancellationToken) =>
        ChangeAsync(container, ContainerStatus.Running, ContainerStatus.Paused);

    public Task UnpauseAsync(string container, CancellationToken cancellationToken) =>
        ChangeAsync(container, ContainerStatus.Paused, ContainerStatus.Running);

    private Task ChangeAsync(string container, ContainerStatus from, ContainerStatus to)
    {
        Entry entry = Find(container);
        if (entry.Snapshot.Status != from)
        {
            throw new EngineException(EngineErrorKind.Conflict, $"container is not {from}");
        }

        entry.Snapshot = entry.Snapshot with { Status = to };
        return Task.CompletedTask;
    }

    public Task ResizeAsync(string container, int rows, int columns, CancellationToken cancellationToken)
    {
        Calls.Add($"resize {rows} {columns}");
        return Task.CompletedTask;
    }

    public Task RenameAsync(string container, string name, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        entry.Snapshot = entry.Snapshot with { Name = name };
        return Task.CompletedTask;
    }

    public Task RemoveAsync(string container, bool force, bool removeVolumes, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        if (entry.Snapshot.Status == ContainerStatus.Running && !force)
        {
            throw new EngineException(EngineErrorKind.Conflict, "cannot remove container: it is running");
        }

        lock (_lock)
        {
            _entries.Remove(entry);
        }

        return Task.CompletedTask;
    }

    /// <summary>Half of the processor's time, from the second measurement on.</summary>
    public Task<ContainerStats?> StatsAsync(string container, CancellationToken cancellationToken)
    {
        Entry entry = Find(container);
        ulong count = (ulong)++entry.Measurements;
        return Task.FromResult(entry.Snapshot.Status != ContainerStatus.Running ? null : new ContainerStats
        {
            Time = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero).AddSeconds(count),
            SystemTime = count * 4_000_000_000,
            Processors = 4,
            CpuTime = count * 500_000_000,
            Memory = 300,
            MemoryLimit = 1000,
            MemoryParts = new Dictionary<string, ulong> { ["inactive_file"] = 100 },
            Processes = 7,
            Interfaces = [new("eth0", new(1, 2, 3, 4), new(5, 6, 7, 8))],
            Disks = [new(254, 0, 1, 4096, 2, 8192)],
        });
    }

    public Task<IReadOnlyList<ContainerProcess>> ProcessesAsync(string container, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<ContainerProcess>>(
        [
            new()
            {
                Pid = 70,
                Uid = 0,
                ParentPid = 1,
                Session = 70,
                State = 'S',
                Terminal = "pts/0",
                CpuTime = TimeSpan.FromSeconds(3661),
                Age = TimeSpan.FromSeconds(7322),
                VirtualSize = 8192,
                ResidentSize = 4096,
                Threads = 2,
                Name = "sh",
                CommandLine = "sh -c sleep 1",
            },
        ]);

    public ContainerSnapshot Inspect(string container) => Find(container).Snapshot;

    public long DiskUsage(string container) => Find(container).Snapshot.Name.Length;

    public IReadOnlyList<ContainerSnapshot> List()
    {
        lock (_lock)
        {
            return [.. _entries.Select(entry => entry.Snapshot).Reverse()];
        }
    }

    public async IAsyncEnumerable<LogEntry> LogsAsync(
        string container, LogOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Calls.Add($"logs {options.Tail} {options.Since?.ToUnixTimeMilliseconds()}");
        var time = new DateTimeOffset(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);
        yield return new(OutputStream.Stdout, time, "out\n"u8.ToArray()) { Attributes = [new("z~", "é/"), new("a", "<b c>")] };
        yield return new(OutputStream.Stderr, time, "err\n"u8.ToArray());
        if (options.Follow)
        {
            await Find(container).Exit.Task.WaitAsync(cancellationToken);
            yield return new(OutputStream.Stdout, time, "end\n"u8.ToArray());
        }
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> KernelLogAsync(
        string container, bool follow, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Yield();
        yield return "Linux version 6\n"u8.ToArray();
    }

    public bool IsImageUsed(Digest image) => image == Image;

    private static ContainerSnapshot Snapshot(string id, string name, ContainerSpec spec) => new()
    {
        Id = id,
        Name = name,
        Spec = spec,
        ImageId = Image,
        Arguments = [.. spec.Entrypoint ?? [], .. spec.Command ?? ["sh"]],
        Effective = new()
        {
            Environment = spec.Environment,
            Entrypoint = spec.Entrypoint,
            Command = spec.Command,
            WorkingDirectory = spec.WorkingDirectory,
            User = spec.User,
            Hostname = id[..12],
            StopSignal = spec.StopSignal,
            Labels = spec.Labels,
            ExposedPorts = spec.ExposedPorts,
            Volumes = [],
        },
        Created = DateTimeOffset.UtcNow,
        Status = ContainerStatus.Created,
    };

    private Entry Find(string container)
    {
        lock (_lock)
        {
            return _entries.Find(entry => entry.Snapshot.Id.StartsWith(container, StringComparison.Ordinal) || entry.Snapshot.Name == container)
                ?? throw new EngineException(EngineErrorKind.NotFound, $"No such container: {container}");
        }
    }

    private sealed class Entry(ContainerSnapshot snapshot)
    {
        public int Measurements { get; set; }

        public ContainerSnapshot Snapshot { get; set; } = snapshot;

        public TaskCompletionSource<ContainerExit> Exit { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Channel<OutputChunk> Output { get; } = Channel.CreateUnbounded<OutputChunk>();

        public void End(int code)
        {
            Snapshot = Snapshot with { Status = ContainerStatus.Exited, ExitCode = code, FinishedAt = DateTimeOffset.UtcNow };
            Output.Writer.TryComplete();
            Exit.TrySetResult(new(code, null));
        }
    }

    private sealed class Attachment(Entry entry) : IAttachment
    {
        public bool Terminal => entry.Snapshot.Spec.Terminal;

        public async ValueTask<OutputChunk?> ReadAsync(CancellationToken cancellationToken) =>
            await entry.Output.Reader.WaitToReadAsync(cancellationToken) && entry.Output.Reader.TryRead(out OutputChunk chunk) ? chunk : null;

        public ValueTask WriteStdinAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            entry.Output.Writer.WriteAsync(new(OutputStream.Stdout, bytes.ToArray()), cancellationToken);

        public async ValueTask EndStdinAsync(CancellationToken cancellationToken)
        {
            await entry.Output.Writer.WriteAsync(new(OutputStream.Stderr, Encoding.ASCII.GetBytes("bye")), cancellationToken);
            entry.End(3);
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
