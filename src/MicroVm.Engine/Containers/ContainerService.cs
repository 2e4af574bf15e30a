using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.Engine.Events;
using MicroVm.Engine.Execs;
using MicroVm.Engine.Files;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Persistence;
using MicroVm.Engine.Volumes;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Disks;
using MicroVm.Images;
using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Engine.Containers;

/// <summary>
/// The life of containers over images, layers and a hypervisor. Call <see cref="RecoverAsync(CancellationToken)"/> once before anything
/// else. Dispose lets go of the running VMs; they run on and the next daemon takes them over.
/// </summary>
public sealed partial class ContainerService : IContainerService, IAsyncDisposable
{
    private readonly EngineOptions _options;
    private readonly IImageStore _images;
    private readonly ILayerStore _layers;
    private readonly IHypervisor _hypervisor;
    private readonly EventBus _events;
    private readonly ILogger _logger;
    private readonly ContainerStore _store;
    private readonly ScratchDisk _scratch;
    private readonly ContainerIndex _index = new();
    private readonly PortReservations _ports;
    private readonly NetworkService _networks;
    private volatile bool _isDisposed;

    public ContainerService(
        EngineOptions options,
        IImageStore images,
        ILayerStore layers,
        IHypervisor hypervisor,
        EventBus events,
        ILogger<ContainerService>? logger = null)
    {
        _options = options;
        _images = images;
        _layers = layers;
        _hypervisor = hypervisor;
        _events = events;
        _logger = logger ?? NullLogger<ContainerService>.Instance;
        _store = new(options);
        _scratch = new(Path.Combine(options.Root, "templates"));
        _networks = new(options, this, events, _logger);
        _ports = new(_networks.Backend == NetworkBackend.Bridge);
        _volumes = VolumeService.Open(options.Root, events, LogUnreadable);
        Execs = new ExecService(this, events);
        Files = new ContainerFiles(this, images);
    }

    /// <summary>Processes beside the containers' own.</summary>
    public IExecService Execs { get; }

    /// <summary>The containers' file systems from outside.</summary>
    public IContainerFiles Files { get; }

    public INetworkService Networks => _networks;

    public ContainerSnapshot Inspect(string container) => _index.Find(container).Snapshot;

    public IReadOnlyList<ContainerSnapshot> List() =>
        [.. _index.All.Select(container => container.Snapshot).OrderByDescending(snapshot => snapshot.Created)];

    public bool IsImageUsed(Digest image) => _index.All.Any(container => container.Snapshot.ImageId == image);

    public ContainerWait Wait(string container, WaitCondition condition)
    {
        Container found = _index.Find(container);
        lock (found.Sync)
        {
            bool isOver = !found.IsRunning && found.Starting is null && found.Snapshot.Status != ContainerStatus.Restarting;
            return new(condition switch
            {
                WaitCondition.Removed => found.Waiters.Removed,
                WaitCondition.NotRunning when isOver => Task.FromResult(ExitOf(found.Snapshot)),
                WaitCondition.NotRunning => found.Waiters.NextStop,
                _ => found.Waiters.NextExit,
            });
        }
    }

    public Task<IAttachment> AttachAsync(string container, AttachOptions options, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        lock (found.Sync)
        {
            if (found.Snapshot.Status == ContainerStatus.Paused)
            {
                throw new EngineException(
                    EngineErrorKind.Conflict, $"container {found.Id} is paused, unpause the container before attach");
            }

            IAttachment attachment = found.Hub.Attach(options);
            Publish(found, "attach");
            return Task.FromResult(attachment);
        }
    }

    public IAsyncEnumerable<LogEntry> LogsAsync(string container, LogOptions options, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        ContainerLog? live = found.IsRunning ? found.Hub.Log : null;
        return LogReader.ReadAsync(found.Paths.Log, options, live, cancellationToken);
    }

    public IAsyncEnumerable<ReadOnlyMemory<byte>> KernelLogAsync(
        string container, bool follow, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        Task ended = follow ? found.Run?.Gone ?? found.Starting ?? Task.CompletedTask : Task.CompletedTask;
        return KernelLogReader.ReadAsync(found.Paths.KernelLog, ended, cancellationToken);
    }

    public async Task RenameAsync(string container, string name, CancellationToken cancellationToken)
    {
        Container found = _index.Find(container);
        Task saved = Task.CompletedTask;
        string oldName = found.Snapshot.Name;
        _index.Rename(found, name, newName => saved = found.UpdateSnapshot(s => s with { Name = newName }, durable: true));
        Publish(found, "rename", ("oldName", "/" + oldName));
        await saved.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops looking after the VMs, without ending them.</summary>
    public async ValueTask DisposeAsync()
    {
        _isDisposed = true;
        await CloseOfflineVmsAsync().ConfigureAwait(false);
        foreach (Container container in _index.All)
        {
            CallOffPending(container);
            if (container.Run is { } run)
            {
                await run.ReleaseAsync().ConfigureAwait(false);
            }

            await container.FlushAsync().ConfigureAwait(false);
        }

        await _networks.DisposeAsync().ConfigureAwait(false);
        _ports.Dispose();
    }

    private static void CallOffPending(Container container)
    {
        lock (container.Sync)
        {
            container.PendingRestart?.Cancel();
        }
    }

    private static ContainerExit ExitOf(ContainerSnapshot snapshot) => new(snapshot.ExitCode, Error: null);
}
