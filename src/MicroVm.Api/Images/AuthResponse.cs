namespace MicroVm.Api.Images;

/// <summary>Answer of <c>POST /auth</c>.</summary>
public sealed record AuthResponse(string Status, string IdentityToken);
