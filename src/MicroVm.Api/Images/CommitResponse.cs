namespace MicroVm.Api.Images;

/// <summary>Answer of <c>POST /commit</c>.</summary>
/// <param name="Id">sha256:…</param>
public sealed record CommitResponse(string Id);
