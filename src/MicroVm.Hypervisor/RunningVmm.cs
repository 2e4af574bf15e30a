using MicroVm.Hypervisor.Channel;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Shares;

namespace MicroVm.Hypervisor;

/// <summary>A VMM's process and what belongs to it.</summary>
internal sealed record RunningVmm
{
    public required VmSpec Spec { get; init; }

    public required VmPaths Paths { get; init; }

    public required VmmProcess Process { get; init; }

    public required IAgentTransport Transport { get; init; }

    public required ConsoleLog Console { get; init; }

    public required VmmMessages Messages { get; init; }

    /// <summary>Null: it shares nothing with the host.</summary>
    public ShareServer? Shares { get; init; }

    /// <summary>Bounds the processor time of the VM's control group; false: there is none.</summary>
    public required Func<double, bool> SetCpuQuota { get; init; }

    /// <summary>Called when the process has ended, before <see cref="IVirtualMachine.Exited"/> tells.</summary>
    public required Action Gone { get; init; }
}
