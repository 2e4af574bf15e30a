namespace MicroVm.Api.Containers;

/// <summary>Answer of <c>GET /containers/{id}/top</c>.</summary>
/// <param name="Processes">A row each, with as many cells as there are titles.</param>
public sealed record TopResponse(IReadOnlyList<string> Titles, IReadOnlyList<IReadOnlyList<string>> Processes);
