using MicroVm.Interop.Generated;
using MicroVm.Interop.Libvirt;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>A VMM that is a domain, by libvirt, which says how it ended, too.</summary>
/// <param name="log">What libvirt in this process has to say of it; null: that is another's.</param>
internal sealed class DomainControl(LibvirtSession session, DomainWatch watch, string? log) : IVmmControl
{
    private const int SigKill = 9;
    private const int Failed = 1;

    // libvirt sees the end of the process when we do, and waits until it has been reaped: by the host's init, which may take a second.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(1);

    public Task PauseAsync(CancellationToken cancellationToken) =>
        session.WithDomainAsync(watch.Uuid, "pause the VM", d => d.SuspendAsync()).WaitAsync(cancellationToken);

    public Task ResumeAsync(CancellationToken cancellationToken) =>
        session.WithDomainAsync(watch.Uuid, "resume the VM", d => d.ResumeAsync()).WaitAsync(cancellationToken);

    /// <summary>Who killed it needs no word of libvirt's.</summary>
    public async Task<VmExit> DescribeAsync(VmmEnd end) => end.WasKilled
        ? new VmExit(128 + SigKill, $"VMM killed by signal {SigKill}")
        : Describe(await StoppedAsync(s_grace).ConfigureAwait(false), end);

    public void Settle() => _ = SettleAsync();

    public static void RemoveLog(string? log)
    {
        if (File.Exists(log))
        {
            File.Delete(log);
        }
    }

    /// <summary>What libvirt is not done with is left to it.</summary>
    private async Task SettleAsync()
    {
        await StoppedAsync(s_settling).ConfigureAwait(false);
        RemoveLog(log);
        watch.Dispose();
    }

    private async Task<LibvirtDomainEvent?> StoppedAsync(TimeSpan limit)
    {
        try
        {
            return session.IsOpen ? await watch.Stopped.WaitAsync(limit).ConfigureAwait(false) : null;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private static VmExit Describe(LibvirtDomainEvent? stopped, VmmEnd end) => (virDomainEventStoppedDetailType?)stopped?.Detail switch
    {
        null => new(0, end.Panic ?? "ended"),
        virDomainEventStoppedDetailType.VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN => new(0, end.Panic ?? "guest stopped"),
        virDomainEventStoppedDetailType.VIR_DOMAIN_EVENT_STOPPED_DESTROYED => new(128 + SigKill, "destroyed through libvirt"),
        _ => new(Failed, end.LastLine is { } line ? "the VMM crashed or was killed: " + line : "the VMM crashed or was killed"),
    };
}
