namespace MicroVm.Api.Execs;

/// <summary>Answer 201 of <c>POST /containers/{id}/exec</c>.</summary>
/// <param name="Id">64 hex digits.</param>
public sealed record ExecCreateResponse(string Id);
