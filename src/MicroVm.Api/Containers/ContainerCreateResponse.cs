namespace MicroVm.Api.Containers;

/// <summary>Answer 201 of <c>POST /containers/create</c>.</summary>
/// <param name="Id">64 hex digits.</param>
/// <param name="Warnings">Lines for the user; never null.</param>
public sealed record ContainerCreateResponse(string Id, IReadOnlyList<string> Warnings);
