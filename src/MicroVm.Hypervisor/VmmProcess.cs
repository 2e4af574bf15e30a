using MicroVm.Interop.Processes;

namespace MicroVm.Hypervisor;

/// <summary>A running VMM, alone or in a jail, whose first process then waits for it and ends with its status.</summary>
/// <param name="process">The VMM.</param>
/// <param name="guard">The jail's first process; null: there is none, or an earlier daemon started it.</param>
internal sealed class VmmProcess(int processId, PidFd process, PidFd? guard) : IDisposable
{
    private const int SigKill = 9;

    // A shell's way to tell of a signal (bwrap(1)).
    private const int SignalBase = 128;

    public int ProcessId => processId;

    public void Kill() => process.Signal(SigKill);

    /// <summary>Its exit code, or minus the signal that ended it; null when that can't be known.</summary>
    public async Task<int?> WaitAsync()
    {
        int? status = await ProcessWatcher.Shared.WatchAsync(process).ConfigureAwait(false);
        if (guard is null)
        {
            return status;
        }

        status = await ProcessWatcher.Shared.WatchAsync(guard).ConfigureAwait(false);
        return status > SignalBase ? SignalBase - status : status;
    }

    /// <summary>For one that is being abandoned: no zombie stays.</summary>
    public async Task ReapAsync()
    {
        await WaitAsync().ConfigureAwait(false);
        Dispose();
    }

    public void Dispose()
    {
        process.Dispose();
        guard?.Dispose();
    }
}
