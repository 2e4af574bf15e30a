using System.Text.Json;
using MicroVm.Engine;
using MicroVm.Engine.Builds;
using MicroVm.Hypervisor;
using MicroVm.Images;

namespace MicroVm.Daemon.Endpoints;

/// <summary>The one place where a failure becomes a status and the text that clients print.</summary>
internal static class ApiErrors
{
    public static int StatusOf(Exception failure) => failure switch
    {
        ApiException api => api.Status,
        BadHttpRequestException http => http.StatusCode,
        JsonException => StatusCodes.Status400BadRequest,
        EngineException engine => StatusOf(engine.Kind),
        ImageException image => StatusOf(image.Kind),
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>One line. An unexpected exception's own text is kept: it is the local user's daemon.</summary>
    public static string MessageOf(Exception failure) => OneLine(failure switch
    {
        JsonException json => JsonMessage(json),
        HypervisorException or IOException or UnauthorizedAccessException => failure.Message,
        ApiException or BadHttpRequestException or EngineException or ImageException or BuildStepException => failure.Message,
        _ => "internal error: " + failure.Message,
    });

    /// <summary>Not foreseen: worth a stack trace in the daemon's log.</summary>
    public static bool IsUnexpected(Exception failure) => failure is not (ApiException or BadHttpRequestException
        or JsonException or EngineException or ImageException or HypervisorException or IOException or BuildStepException);

    private static int StatusOf(EngineErrorKind kind) => kind switch
    {
        EngineErrorKind.Invalid => StatusCodes.Status400BadRequest,
        EngineErrorKind.NotFound => StatusCodes.Status404NotFound,
        EngineErrorKind.Conflict => StatusCodes.Status409Conflict,
        EngineErrorKind.Forbidden => StatusCodes.Status403Forbidden,
        EngineErrorKind.NotModified => StatusCodes.Status304NotModified,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static int StatusOf(ImageErrorKind kind) => kind switch
    {
        ImageErrorKind.NotFound => StatusCodes.Status404NotFound,
        ImageErrorKind.Invalid => StatusCodes.Status400BadRequest,

        // "Repository does not exist or no read access", as Docker's API says. At 401 its client asks for a password and waits.
        ImageErrorKind.Denied => StatusCodes.Status404NotFound,
        ImageErrorKind.Conflict => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static string JsonMessage(JsonException failure)
    {
        string member = failure.Path is { Length: > 2 } path ? path[2..] : "";
        return member.Length > 0
            ? $"invalid JSON: wrong type or value of {member}"
            : "invalid JSON: the body is not a JSON object of the expected shape";
    }

    private static string OneLine(string text) =>
        text.AsSpan().ContainsAny('\r', '\n') ? string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)) : text;
}
