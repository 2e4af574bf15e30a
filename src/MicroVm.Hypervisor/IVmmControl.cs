namespace MicroVm.Hypervisor;

/// <summary>How one VMM is asked for what its process alone can't be.</summary>
internal interface IVmmControl
{
    Task PauseAsync(CancellationToken cancellationToken);

    Task ResumeAsync(CancellationToken cancellationToken);

    /// <summary>Says how it ended.</summary>
    Task<VmExit> DescribeAsync(VmmEnd end);

    /// <summary>All is told and removed.</summary>
    void Settle();
}

/// <param name="Status">Exit code, or minus the signal; null: not known.</param>
/// <param name="WasKilled">By <see cref="IVirtualMachine.KillAsync"/>.</param>
/// <param name="Panic">The guest kernel's last words, if those were that.</param>
/// <param name="LastLine">The VMM's own.</param>
internal sealed record VmmEnd(int? Status, bool WasKilled, string? Panic, string? LastLine);
