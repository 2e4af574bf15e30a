using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Persistence;

/// <summary>What is kept on disk of a container: one JSON file each.</summary>
/// <param name="Snapshot">Its public state.</param>
/// <param name="Vm">The virtual machine that was last started and may still run; null: there is none.</param>
internal sealed record ContainerRecord(ContainerSnapshot Snapshot, VmSpec? Vm)
{
    /// <summary>Format of the file; a daemon refuses one that is newer.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    /// <summary>Whether the end of the container's process is recorded: the VM has nothing more to say.</summary>
    public bool HasEnded { get; init; }

    /// <summary>The guest holds the container's processes still, whether or not its processors run.</summary>
    public bool IsHeld { get; init; }

    /// <summary>Somebody asked for its end: its restart policy does not start it again.</summary>
    public bool WasStopped { get; init; }
}
