using MicroVm.Hypervisor.Channel;
using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor.Qemu;

/// <summary>A VM in its QEMU process.</summary>
internal sealed class QemuMachine : IVirtualMachine
{
    private const int SigKill = 9;
    private readonly VmPaths _paths;
    private readonly PidFd _process;
    private readonly IAgentTransport _transport;
    private readonly ConsoleLog _console;
    private readonly CancellationTokenSource _ended = new();

    public QemuMachine(VmSpec spec, VmPaths paths, int pid, PidFd process, IAgentTransport transport, ConsoleLog? console)
    {
        (Id, ProcessId, _paths, _process, _transport) = (spec.Id, pid, paths, process, transport);
        _console = console ?? new ConsoleLog(paths.ConsoleOutput, spec.ConsoleLog);
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

    public async Task KillAsync()
    {
        if (!Exited.IsCompleted)
        {
            _process.Signal(SigKill);
        }

        await Exited.ConfigureAwait(false);
    }

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
        }

        return ValueTask.CompletedTask;
    }

    private async Task<VmExit> WatchAsync()
    {
        int? status = await ProcessWatcher.Shared.WatchAsync(_process).ConfigureAwait(false);
        try
        {
            _console.Dispose();
            VmExit exit = Describe(status);
            _paths.Remove();
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
            await _ended.CancelAsync().ConfigureAwait(false);
        }
    }

    private VmExit Describe(int? status) => status switch
    {
        0 => new(0, _console.Panic ?? "guest stopped"),
        null => new(0, _console.Panic ?? "ended"),
        < 0 => new(128 - status.Value, $"VMM killed by signal {-status.Value}"),
        _ => new(status.Value, LastWords() ?? $"VMM ended with status {status}"),
    };

    /// <summary>QEMU's last line, without its own name.</summary>
    private string? LastWords()
    {
        string? line = File.ReadLines(_paths.Messages).Take(1000).LastOrDefault(l => l.Length > 0);
        int name = line?.IndexOf(": ", StringComparison.Ordinal) ?? -1;
        return line is null ? null : "QEMU: " + Printable.OneLine(name < 0 ? line : line[(name + 2)..], 300);
    }
}
