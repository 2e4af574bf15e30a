namespace MicroVm.Api.Images;

/// <summary>The answer of <c>POST /auth</c>.</summary>
/// <param name="IdentityToken">To be used from now on in place of the password; empty: there is none.</param>
public sealed record AuthResponse(string Status, string IdentityToken);
