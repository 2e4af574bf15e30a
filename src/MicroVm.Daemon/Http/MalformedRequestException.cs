
namespace MicroVm.Daemon.Http;

/// <summary>The peer broke HTTP (RFC 9110, 9112): answered with the status, then the connection is closed.</summary>
internal sealed class MalformedRequestException(string message, int status = StatusCodes.Status400BadRequest)
    : BadHttpRequestException(message, status);
