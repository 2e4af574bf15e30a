namespace MicroVm.Hypervisor;

/// <summary>Starts virtual machines. One implementation a driver.</summary>
public interface IHypervisor
{
    /// <summary>What this host offers and the driver will use; cheap, cached.</summary>
    HypervisorInfo Info { get; }

    /// <summary>
    /// Starts a VM; returns when the VMM process runs (the guest boots meanwhile).
    /// Throws <see cref="HypervisorException"/> when the VMM or kernel is missing or the VMM refuses.
    /// </summary>
    Task<IVirtualMachine> StartAsync(VmSpec spec, CancellationToken cancellationToken);

    /// <summary>
    /// Finds a VM that an earlier daemon started, by its runtime directory. Null when it no longer runs (leftovers
    /// are then removed).
    /// </summary>
    Task<IVirtualMachine?> AdoptAsync(VmSpec spec, CancellationToken cancellationToken);

    /// <summary>VMs of this shape will be started: what makes their start quick may be got ready. Returns at once; nothing fails.</summary>
    /// <param name="memory">Bytes.</param>
    void Expect(string kernel, string initramfs, int vcpus, long memory)
    {
    }
}

/// <summary>
/// A running VM. It outlives this object and this process: Dispose releases the handle only.
/// </summary>
public interface IVirtualMachine : IAsyncDisposable
{
    string Id { get; }

    int ProcessId { get; }

    /// <summary>What of it this host confines less than VMs usually are, and why, in one line; null: nothing that this daemon knows of.</summary>
    string? Warning { get; }

    /// <summary>It was restored from a template and did not boot; false, too, for one that an earlier daemon started.</summary>
    bool IsRestored => false;

    /// <summary>Completes when the VMM process has ended, however it ended.</summary>
    Task<VmExit> Exited { get; }

    /// <summary>
    /// A new connection to the guest agent, as soon as the guest takes it; the peer's identity is checked as far as
    /// the transport allows. May be called again after a lost connection. Throws <see cref="HypervisorException"/>
    /// when the VM ends first.
    /// </summary>
    Task<Stream> ConnectAgentAsync(CancellationToken cancellationToken);

    /// <summary>Ends the VM at once. Idempotent; returns when the process is gone.</summary>
    Task KillAsync();

    /// <summary>Bounds the VM's processor time, in CPUs. False where that can't be done while it runs.</summary>
    bool TrySetCpuQuota(double cpus);

    /// <summary>Stops the vCPUs.</summary>
    Task PauseAsync(CancellationToken cancellationToken);

    Task ResumeAsync(CancellationToken cancellationToken);
}

/// <param name="Reason">One line: "guest stopped", "killed by signal 9", or the VMM's last words.</param>
public sealed record VmExit(int ExitCode, string Reason);

/// <param name="Driver">qemu or libvirt.</param>
/// <param name="Accelerator">kvm or tcg.</param>
/// <param name="AcceleratorReason">Why not kvm, in one line; empty with kvm.</param>
/// <param name="Transport">vsock or virtio-serial.</param>
/// <param name="Version">The VMM's version.</param>
public sealed record HypervisorInfo(
    string Driver, string Accelerator, string AcceleratorReason, string Transport, string Version);

/// <summary>The VMM could not do what was asked; the message is one line for the user.</summary>
public sealed class HypervisorException : Exception
{
    public HypervisorException()
    {
    }

    public HypervisorException(string message)
        : base(message)
    {
    }

    public HypervisorException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
