using MicroVm.Engine.Files;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Observation;
using MicroVm.Engine.Stdio;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Containers;

/// <summary>One life of a container's virtual machine, from its start (or adoption) until nothing of it is left.</summary>
internal sealed class ContainerRun(
    IVirtualMachine machine, VmSpec spec, GuestSession session, StdioHub hub, ContainerLog log)
{
    private readonly TaskCompletionSource<ContainerExit> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _companions = [];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile GuestSession _session = session;
    private StatsSampler? _stats;

    public IVirtualMachine Machine => machine;

    public VmSpec Spec => spec;

    public StdioHub Hub => hub;

    public ContainerLog Log => log;

    /// <summary>The connection; another one after it was lost.</summary>
    public GuestSession Session
    {
        get => _session;
        set
        {
            _session = value;
            _connected.TrySetResult();
        }
    }

    /// <summary>
    /// Completes with the first connection that this daemon has: a VM that it took over while it was paused has none until its
    /// processors run.
    /// </summary>
    public Task Connected => _connected.Task;

    /// <summary>What the container uses.</summary>
    public StatsSampler Stats => LazyInitializer.EnsureInitialized(ref _stats, () => new(MeasureAsync));

    /// <summary>Closed while the VM is paused.</summary>
    public PauseGate Gate { get; } = new();

    /// <summary>Held by whoever stops or resumes the processors.</summary>
    public SemaphoreSlim Pausing { get; } = new(1);

    /// <summary>How many work in the paused VM, whose processors run for them. Guarded by <see cref="Pausing"/>.</summary>
    public int Borrowers { get; set; }

    /// <summary>The process has ended, even if that is not recorded yet: no pause any more.</summary>
    public bool IsEnding { get; set; }

    /// <summary>The process has ended and this is recorded.</summary>
    public Task<ContainerExit> Ended => _ended.Task;

    /// <summary>Of the VM whose process has ended, while it stays for its files; null: it does not.</summary>
    public Visits? Visits { get; set; }

    /// <summary>The VM is no more and its run-time files are gone.</summary>
    public Task Gone => _gone.Task;

    /// <summary>The daemon lets go of the VM, which runs on.</summary>
    public Task Released => _released.Task;

    public bool IsReleased => _released.Task.IsCompleted;

    /// <summary>Spaces out new connections.</summary>
    public ReconnectPause Reconnects { get; } = new(TimeProvider.System);

    /// <summary>What the process's terminal was started with.</summary>
    public (int Rows, int Columns) TerminalSize { get; init; }

    /// <summary>Looks after the VM until its end.</summary>
    public Task Supervision { get; set; } = Task.CompletedTask;

    /// <summary>All that was started beside the container's process has ended and its clients were told.</summary>
    public Task Companions
    {
        get
        {
            lock (_companions)
            {
                return Task.WhenAll(_companions);
            }
        }
    }

    /// <summary>Something that must be over before the VM is taken down; must end by itself once the run has ended.</summary>
    public void Accompany(Task companion)
    {
        lock (_companions)
        {
            _companions.RemoveAll(other => other.IsCompleted);
            _companions.Add(companion);
        }
    }

    public void CompleteEnded(ContainerExit exit) => _ended.TrySetResult(exit);

    public void CompleteGone() => _gone.TrySetResult();

    private async Task<ContainerStats> MeasureAsync()
    {
        Measurement measurement = await _session.MeasureAsync(CancellationToken.None).ConfigureAwait(false);
        return MeasurementReader.Read(measurement, spec.VCpus, spec.Memory, DateTimeOffset.UtcNow);
    }

    /// <summary>Closes the connection and leaves the VM to the next daemon.</summary>
    public async Task ReleaseAsync()
    {
        _released.TrySetResult();
        await _session.DisposeAsync().ConfigureAwait(false);
        await Supervision.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        log.Dispose();
        await machine.DisposeAsync().ConfigureAwait(false);
    }
}
