using System.Security.Authentication;

namespace MicroVm.Images.Registry;

/// <summary>Why a registry's certificate is not accepted; thrown out of the validation callback, so that the reason gets to the user.</summary>
internal sealed class CertificateRefusedException(string message) : AuthenticationException(message);
