using System.Runtime.InteropServices;

namespace MicroVm.Hypervisor.Jail;

/// <summary>A process that another has started and that becomes what it is told to (native/emulator).</summary>
internal interface IJailEntrant
{
    int ProcessId { get; }

    /// <summary>Returns when it has become that, or has failed and ended.</summary>
    /// <param name="namespaces">Which to enter (CLONE_NEW…, clone(2)); 0: none.</param>
    /// <param name="command">argv.</param>
    /// <param name="inherited">Get the numbers that it has kept free.</param>
    /// <param name="jail">To enter one: the seccomp filter and a process of the jail.</param>
    /// <exception cref="HypervisorException">It is gone.</exception>
    void Become(
        int namespaces, IReadOnlyList<string> command, SafeHandle output, IReadOnlyList<SafeHandle> inherited, IReadOnlyList<SafeHandle> jail);
}
