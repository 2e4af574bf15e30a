namespace MicroVm.Api.Containers;

/// <summary>Answer of <c>POST /containers/{id}/update</c>, whose body is the part of a <see cref="HostConfig"/> that changes.</summary>
/// <param name="Warnings">What has no effect, or not yet.</param>
public sealed record ContainerUpdateResponse(IReadOnlyList<string>? Warnings);
