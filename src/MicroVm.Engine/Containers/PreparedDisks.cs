using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

/// <summary>The two disks a container's VM starts with.</summary>
internal sealed record PreparedDisks(DiskSpec Root, DiskSpec Scratch);
