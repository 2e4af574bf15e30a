namespace MicroVm.Api.Volumes;

/// <summary>Answer of <c>GET /volumes</c>.</summary>
public sealed record VolumeListResponse(IReadOnlyList<VolumeDocument>? Volumes, IReadOnlyList<string>? Warnings);
