namespace MicroVm.Hypervisor;

/// <summary>A VM as its VMM's process: its end is the VM's, whoever started it.</summary>
internal sealed class VmmMachine : IVirtualMachine
{
    private readonly RunningVmm _vmm;
    private readonly IVmmControl _control;
    private readonly CancellationTokenSource _ended = new();
    private volatile bool _killed;

    public VmmMachine(RunningVmm vmm, IVmmControl control)
    {
        (_vmm, _control) = (vmm, control);
        Exited = WatchAsync();
    }

    public string Id => _vmm.Spec.Id;

    public int ProcessId => _vmm.Process.ProcessId;

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
        }

        return ValueTask.CompletedTask;
    }

    private async Task<VmExit> WatchAsync()
    {
        int? status = await _vmm.Process.WaitAsync().ConfigureAwait(false);
        try
        {
            _vmm.Console.Dispose();
            VmExit exit = await _control.DescribeAsync(new(status, _killed, _vmm.Console.Panic, _vmm.Messages.LastLine())).ConfigureAwait(false);
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
