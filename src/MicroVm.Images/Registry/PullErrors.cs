using System.Net;
using MicroVm.Images.References;

namespace MicroVm.Images.Registry;

/// <summary>A registry's refusal in Docker's words (moby, distribution/errors.go), which its clients look for.</summary>
internal static class PullErrors
{
    public static ImageException Translate(RegistryFailure failure, ImageReference reference) => failure switch
    {
        { Code: "DENIED" } or { Status: HttpStatusCode.Forbidden, Code.Length: > 0 } => new(
            ImageErrorKind.Denied,
            $"pull access denied for {reference.FamiliarName}, repository does not exist or may require 'docker login': {failure.Detail}",
            failure),
        { Code: "NAME_UNKNOWN" } => new(
            ImageErrorKind.NotFound, $"repository {reference.FamiliarName} not found: {failure.Detail}", failure),
        { Code: "MANIFEST_UNKNOWN" } => new(
            ImageErrorKind.NotFound, $"manifest for {reference.Familiar} not found: manifest unknown: manifest unknown", failure),
        { Status: HttpStatusCode.NotFound, Code: "" } => new(
            ImageErrorKind.NotFound, $"manifest for {reference.Familiar} not found: manifest unknown: manifest unknown", failure),
        { Status: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => new(ImageErrorKind.Denied, failure.Message, failure),
        { IsTransient: true, Status: not null } => new(
            ImageErrorKind.Unavailable, $"{failure.Message}: the registry could not serve the request, try again later", failure),
        _ => new(ImageErrorKind.Unavailable, failure.Message, failure),
    };
}
