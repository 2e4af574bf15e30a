namespace MicroVm.Daemon.Hosting;

/// <summary>What the host itself logs.</summary>
internal static partial class DaemonLog
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Socket}, state in {Root}")]
    public static partial void Listening(ILogger logger, string socket, string root);
}
