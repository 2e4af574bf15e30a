namespace MicroVm.Api.Containers;

/// <summary>One item of <c>GET /containers/{id}/changes</c>.</summary>
/// <param name="Kind">0 modified, 1 added, 2 deleted.</param>
public sealed record FilesystemChange(string Path, int Kind);
