namespace MicroVm.Cli.Http;

/// <summary>The daemon refused.</summary>
/// <param name="status">HTTP status.</param>
internal sealed class EngineException(int status, string message) : Exception(message)
{
    internal int Status { get; } = status;

    internal bool IsNotFound => Status == 404;
}
