namespace MicroVm.Api.Images;

/// <summary>Answer of <c>POST /images/prune</c>.</summary>
/// <param name="SpaceReclaimed">Bytes.</param>
public sealed record ImagePruneResponse(IReadOnlyList<ImageDeleteItem>? ImagesDeleted, long SpaceReclaimed);
