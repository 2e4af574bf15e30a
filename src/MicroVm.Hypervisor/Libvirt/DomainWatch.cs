using MicroVm.Interop.Libvirt;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>Waits for libvirt's word that a domain has stopped, and how.</summary>
internal sealed class DomainWatch(string uuid, Action<DomainWatch> forget) : IDisposable
{
    private readonly TaskCompletionSource<LibvirtDomainEvent> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Uuid { get; } = uuid;

    public Task<LibvirtDomainEvent> Stopped => _stopped.Task;

    /// <summary>Completes when the domain's end is dealt with: its name and UUID are free.</summary>
    public Task Settled => _settled.Task;

    public void Tell(LibvirtDomainEvent stopped) => _stopped.TrySetResult(stopped);

    public void Dispose()
    {
        forget(this);
        _settled.TrySetResult();
    }
}
