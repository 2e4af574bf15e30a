namespace MicroVm.Api.Containers;

/// <summary>Answer of <c>POST /containers/prune</c>.</summary>
/// <param name="SpaceReclaimed">Bytes.</param>
public sealed record PruneResponse(IReadOnlyList<string>? ContainersDeleted, long SpaceReclaimed);
