using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Qemu;

namespace MicroVm.Hypervisor.Shares;

/// <summary>
/// The virtiofsd of one VM: what it serves is all that it can reach. It outlives this process, and ends with its VM.
/// </summary>
internal sealed class ShareServer : IDisposable
{
    /// <summary>Of the device; the guest mounts it by this name.</summary>
    public const string Tag = "mvm";

    /// <summary>Bytes that it has for itself.</summary>
    public const long Memory = 128 << 20;

    /// <summary>It has one for each queue, and a few of its library's.</summary>
    public const int Threads = 16;

    private readonly VmmProcess? _process;
    private readonly VmmMessages _messages;
    private readonly JailedVmm? _held;
    private readonly Action _gone;
    private readonly Lazy<Task<int?>> _status;

    /// <param name="process">Null: it has ended before.</param>
    /// <param name="held">It waits for <see cref="Release"/>; null: it runs.</param>
    /// <param name="gone">Called when it has ended with its VM.</param>
    public ShareServer(VmmProcess? process, VmmMessages messages, JailedVmm? held, Action gone)
    {
        (_process, _messages, _held, _gone) = (process, messages, held, gone);
        _status = new(() => process?.WaitAsync() ?? Task.FromResult<int?>(null));
        Ended = WatchAsync();
    }

    /// <summary>Why it is root, where it need not be on another host: one line. Null: it is not, or an earlier daemon has told.</summary>
    public string? Weakness { get; init; }

    /// <summary>Completes when it has ended, by itself or not: how, in one line.</summary>
    public Task<string> Ended { get; }

    /// <summary>Lets it begin; the VMM, which connects to it, may begin before.</summary>
    public void Release() => _held?.Release();

    /// <summary>Its VM has not come to be.</summary>
    public void Abandon()
    {
        _process?.Kill();
        _held?.Dispose();
        _ = EndAsync();
    }

    /// <summary>Its VM has ended: returns when it is gone, too.</summary>
    public async Task EndAsync()
    {
        _process?.Kill();
        await Ended.ConfigureAwait(false);
        _gone();
        _process?.Dispose();
        _messages.Dispose();
    }

    /// <summary>Lets go of it; it goes on.</summary>
    public void Dispose() => _messages.Dispose();

    private async Task<string> WatchAsync()
    {
        string how = await _status.Value.ConfigureAwait(false) switch
        {
            null or 0 => "ended",
            < 0 and var signal => $"was killed (by signal number {-signal})",
            var status => $"ended with status {status}",
        };
        return _messages.LastLine() is { } line
            ? $"virtiofsd, which serves its volumes and bind mounts, {how}: {line}"
            : $"virtiofsd, which serves its volumes and bind mounts, {how}";
    }
}
