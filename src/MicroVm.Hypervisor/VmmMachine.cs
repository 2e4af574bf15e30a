using MicroVm.Hypervisor.Shares;

namespace MicroVm.Hypervisor;

/// <summary>A VM as its VMM's process: its end is the VM's, whoever started it.</summary>
internal sealed class VmmMachine : IVirtualMachine
{
    private const int SharesLost = 255;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1);
    private readonly RunningVmm _vmm;
    private readonly IVmmControl _control;
    private readonly CancellationTokenSource _ended = new();
    private volatile bool _killed;
    private volatile string? _sharesEnd;

    public VmmMachine(RunningVmm vmm, IVmmControl control)
    {
        (_vmm, _control) = (vmm, control);
        Exited = WatchAsync();
        if (vmm.Shares is { } shares)
        {
            _ = EndWithSharesAsync(shares);
        }
    }

    public string Id => _vmm.Spec.Id;

    public int ProcessId => _vmm.Process.ProcessId;

    public string? Warning => _vmm.Shares?.Weakness is { } reason ? $"virtiofsd, which serves its volumes and bind mounts, is root: {reason}" : null;

    public bool IsRestored { get; init; }

    public Task<VmExit> Exited { get; }

    public async Task<Stream> ConnectAgentAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        try
        {
            return await _vmm.Transport.ConnectAsync(either.Token).ConfigureAwait(false);
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
            _killed = true;
            _vmm.Process.Kill();
        }

        await Exited.ConfigureAwait(false);
    }

    public bool TrySetCpuQuota(double cpus) => _vmm.SetCpuQuota(cpus);

    public Task PauseAsync(CancellationToken cancellationToken) => _control.PauseAsync(cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) => _control.ResumeAsync(cancellationToken);

    public ValueTask DisposeAsync()
    {
        // The process goes on and is watched; only while it runs does the console need a reader.
        if (!Exited.IsCompleted)
        {
            _vmm.Console.Dispose();
            _vmm.Messages.Dispose();
            _vmm.Shares?.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>A guest whose files nobody serves any more waits for them for ever: its VM ends, and says why.</summary>
    private async Task EndWithSharesAsync(ShareServer shares)
    {
        string reason = await shares.Ended.ConfigureAwait(false);

        // It ends with its VM, too, and may be noticed first.
        if (await Task.WhenAny(Exited, Task.Delay(s_grace)).ConfigureAwait(false) != Exited)
        {
            _sharesEnd = reason;
            _vmm.Process.Kill();
        }
    }

    private Task EndSharesAsync() => _vmm.Shares?.EndAsync() ?? Task.CompletedTask;

    private async Task<VmExit> WatchAsync()
    {
        int? status = await _vmm.Process.WaitAsync().ConfigureAwait(false);
        try
        {
            _vmm.Console.Dispose();
            await EndSharesAsync().ConfigureAwait(false);
            VmExit exit = await _control.DescribeAsync(new(status, _killed || _sharesEnd is not null, _vmm.Console.Panic, _vmm.Messages.LastLine())).ConfigureAwait(false);
            exit = _sharesEnd is { } reason ? new(SharesLost, reason) : exit;
            _vmm.Paths.Remove();
            _vmm.Gone();
            return exit;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The VM has ended all the same, and whoever waits for that must hear of it.
            return new(status ?? 0, $"ended; its files can't be removed: {e.Message}");
        }
        finally
        {
            _control.Settle();
            _vmm.Process.Dispose();
            _vmm.Messages.Dispose();
            await _ended.CancelAsync().ConfigureAwait(false);
        }
    }
}
