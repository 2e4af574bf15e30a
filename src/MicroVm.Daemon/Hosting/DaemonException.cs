namespace MicroVm.Daemon.Hosting;

/// <summary>The daemon can't run as it was told to; the message is one line for the user.</summary>
internal sealed class DaemonException(string message, Exception? inner = null) : Exception(message, inner);
