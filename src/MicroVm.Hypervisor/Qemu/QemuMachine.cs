using MicroVm.Hypervisor.Channel;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>A VM in its QEMU process.</summary>
internal sealed class QemuMachine : IVirtualMachine
{
    private readonly VmPaths _paths;
    private readonly VmmProcess _process;
    private readonly VmmMessages _messages;
    private readonly Action _gone;
    private readonly Func<double, bool> _setCpuQuota;
    private readonly IAgentTransport _transport;
    private readonly ConsoleLog _console;
    private readonly CancellationTokenSource _ended = new();

    /// <param name="setCpuQuota">Bounds the processor time of the VM's control group; false: there is none.</param>
    /// <param name="gone">Called when the process has ended, before <see cref="Exited"/> tells.</param>
    public QemuMachine(
        VmSpec spec, VmPaths paths, VmmProcess process, IAgentTransport transport, ConsoleLog? console, VmmMessages messages,
        Func<double, bool> setCpuQuota, Action gone)
    {
        (Id, _paths, _process, _transport, _messages, _setCpuQuota, _gone) = (spec.Id, paths, process, transport, messages, setCpuQuota, gone);
        _console = console ?? new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog);
        Exited = WatchAsync();
    }

    public string Id { get; }

    public int ProcessId => _process.ProcessId;

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

    public async Task KillAsync()
    {
        if (!Exited.IsCompleted)
        {
            _process.Kill();
        }

        await Exited.ConfigureAwait(false);
    }

    public bool TrySetCpuQuota(double cpus) => _setCpuQuota(cpus);

    public async Task PauseAsync(CancellationToken cancellationToken)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(_paths.Monitor, cancellationToken).ConfigureAwait(false);
        await qmp.ExecuteAsync("stop", cancellationToken).ConfigureAwait(false);
    }

    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        await using QmpClient qmp = await QmpClient.ConnectAsync(_paths.Monitor, cancellationToken).ConfigureAwait(false);
        await qmp.ExecuteAsync("cont", cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync()
    {
        // The process goes on and is watched; only while it runs does the console need a reader.
        if (!Exited.IsCompleted)
        {
            _console.Dispose();
            _messages.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private async Task<VmExit> WatchAsync()
    {
        int? status = await _process.WaitAsync().ConfigureAwait(false);
        try
        {
            _console.Dispose();
            VmExit exit = Describe(status);
            _paths.Remove();
            _gone();
            return exit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The VM has ended all the same, and whoever waits for that must hear of it.
            return new(status ?? 0, $"ended; its files can't be removed: {e.Message}");
        }
        finally
        {
            _process.Dispose();
            _messages.Dispose();
            await _ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private VmExit Describe(int? status) => status switch
    {
        0 => new(0, _console.Panic ?? "guest stopped"),
        null => new(0, _console.Panic ?? "ended"),
        < 0 => new(128 - status.Value, $"VMM killed by signal {-status.Value}"),
        _ => new(status.Value, _messages.LastLine() is { } line ? "QEMU: " + line : $"VMM ended with status {status}"),
    };
}
