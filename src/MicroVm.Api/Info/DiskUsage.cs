using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Api.Volumes;

namespace MicroVm.Api.Info;

/// <summary>Answer of <c>GET /system/df</c>; null: was not asked for.</summary>
/// <param name="LayersSize">Bytes of all layers, each counted once.</param>
public sealed record DiskUsage(
    long LayersSize,
    IReadOnlyList<ImageSummary>? Images,
    IReadOnlyList<ContainerSummary>? Containers,
    IReadOnlyList<VolumeDocument>? Volumes,
    IReadOnlyList<EmptyObject>? BuildCache);

/// <summary>Answer of the prunes of what there is none of.</summary>
public sealed record NetworkPruneResponse(IReadOnlyList<string>? NetworksDeleted);

/// <param name="SpaceReclaimed">Bytes.</param>
public sealed record VolumePruneResponse(IReadOnlyList<string>? VolumesDeleted, long SpaceReclaimed);

public sealed record BuildPruneResponse(IReadOnlyList<string>? CachesDeleted, long SpaceReclaimed);
