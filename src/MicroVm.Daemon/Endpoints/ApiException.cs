namespace MicroVm.Daemon.Endpoints;

/// <summary>A request that the API itself refuses: status and one line, in Docker's words where clients read them.</summary>
internal sealed class ApiException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;

    public static ApiException BadRequest(string message) => new(StatusCodes.Status400BadRequest, message);

    public static ApiException NotFound(string message) => new(StatusCodes.Status404NotFound, message);

    /// <summary>Docker can and we can't: better refused than silently something else.</summary>
    public static ApiException Unsupported(string message) => new(StatusCodes.Status501NotImplemented, message);
}
