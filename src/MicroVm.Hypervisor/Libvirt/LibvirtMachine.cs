using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>A VM that is a domain. Its end is that of its process, which needs no libvirt to be noticed; why, libvirt says.</summary>
internal sealed class LibvirtMachine : IVirtualMachine
{
    private const int SigKill = 9;
    private const int Failed = 1;

    // libvirt sees the end of the process when we do, and waits until it has been reaped: by the host's init, which may take a second.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(1);
    private readonly LibvirtSession _session;
    private readonly DomainWatch _watch;
    private readonly DomainFiles _files;
    private readonly PidFd _process;
    private readonly SerialTransport _transport;
    private readonly ConsoleLog _console;
    private readonly CancellationTokenSource _ended = new();
    private readonly Action _gone;
    private volatile bool _killed;

    /// <param name="gone">Called when the process has ended, before <see cref="Exited"/> tells.</param>
    public LibvirtMachine(VmSpec spec, LibvirtSession session, DomainWatch watch, DomainFiles files, int pid, PidFd process, ConsoleLog console, Action gone)
    {
        _gone = gone;
        (Id, ProcessId, _session, _watch, _files, _process, _console) = (spec.Id, pid, session, watch, files, process, console);
        _transport = new SerialTransport(files.Paths.Channel);
        Exited = WatchAsync();
    }

    public string Id { get; }

    public int ProcessId { get; }

    public Task<VmExit> Exited { get; }

    public async Task<Stream> ConnectAgentAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            return await _transport.ConnectAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (_ended.IsCancellationRequested && e is OperationCanceledException or IOException)
        {
            throw new HypervisorException($"the VM has ended: {(await Exited.ConfigureAwait(false)).Reason}", e);
        }
    }

    /// <summary>libvirt would ask the process to end first, and look for it five times a second.</summary>
    public async Task KillAsync()
    {
        if (!Exited.IsCompleted)
        {
            _killed = true;
            _process.Signal(SigKill);
        }

        await Exited.ConfigureAwait(false);
    }

    /// <summary>libvirt's own control groups are its matter.</summary>
    public bool TrySetCpuQuota(double cpus) => false;

    public Task PauseAsync(CancellationToken cancellationToken) =>
        _session.WithDomainAsync(_watch.Uuid, "pause the VM", d => d.SuspendAsync()).WaitAsync(cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) =>
        _session.WithDomainAsync(_watch.Uuid, "resume the VM", d => d.ResumeAsync()).WaitAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        // The process goes on and is watched; only while it runs does the console need a reader.
        if (!Exited.IsCompleted)
        {
            _console.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private async Task<VmExit> WatchAsync()
    {
        await ProcessWatcher.Shared.WatchAsync(_process).ConfigureAwait(false);
        try
        {
            // Who killed it needs no word of libvirt's.
            LibvirtDomainEvent? last = _killed ? null : await StoppedAsync(s_grace).ConfigureAwait(false);
            _console.Dispose();
            VmExit exit = Describe(last);
            _files.Remove();
            _gone();
            return exit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The VM has ended all the same, and whoever waits for that must hear of it.
            return new(0, $"ended; its files can't be removed: {e.Message}");
        }
        finally
        {
            _ = SettleAsync();
            _process.Dispose();
            await _ended.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>What libvirt is not done with is left to it.</summary>
    private async Task SettleAsync()
    {
        await StoppedAsync(s_settling).ConfigureAwait(false);
        _files.RemoveLog();
        _watch.Dispose();
    }

    private async Task<LibvirtDomainEvent?> StoppedAsync(TimeSpan limit)
    {
        try
        {
            return _session.IsOpen ? await _watch.Stopped.WaitAsync(limit).ConfigureAwait(false) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private VmExit Describe(LibvirtDomainEvent? stopped) => (virDomainEventStoppedDetailType?)stopped?.Detail switch
    {
        _ when _killed => new(128 + SigKill, $"VMM killed by signal {SigKill}"),
        null => new(0, _console.Panic ?? "ended"),
        virDomainEventStoppedDetailType.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN => new(0, _console.Panic ?? "guest stopped"),
        virDomainEventStoppedDetailType.VIR_DOMAIN_EVENT_STOPPED_DESTROYED => new(128 + SigKill, "destroyed through libvirt"),
        _ => new(Failed, "the VMM crashed or was killed"),
    };
}
