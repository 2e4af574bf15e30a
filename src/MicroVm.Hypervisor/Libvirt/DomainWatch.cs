using MicroVm.Interop.Libvirt;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>Waits for libvirt's word that a domain has stopped, and how.</summary>
internal sealed class DomainWatch(string uuid, Action<DomainWatch> forget) : IDisposable
{
    private readonly TaskCompletionSource<LibvirtDomainEvent> _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Uuid { get; } = uuid;

    public Task<LibvirtDomainEvent> Stopped => _stopped.Task;

    public void Tell(LibvirtDomainEvent stopped) => _stopped.TrySetResult(stopped);

    public void Dispose() => forget(this);
}
