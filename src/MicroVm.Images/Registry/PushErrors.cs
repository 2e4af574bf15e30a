using System.Net;

namespace MicroVm.Images.Registry;

/// <summary>A registry's refusal of a push in Docker's words.</summary>
internal static class PushErrors
{
    public static ImageException Translate(RegistryFailure failure) => failure switch
    {
        { Code: "DENIED" } or { Status: HttpStatusCode.Forbidden } => new(ImageErrorKind.Denied, failure.Message, failure),
        { Status: HttpStatusCode.Unauthorized } => new(ImageErrorKind.Denied, failure.Message, failure),
        { IsTransient: true, Status: not null } => new(
            ImageErrorKind.Unavailable, $"{failure.Message}: the registry could not take the image, try again later", failure),
        _ => new(ImageErrorKind.Unavailable, failure.Message, failure),
    };
}
