namespace MicroVm.Cli;

/// <summary>A failure to tell the user in one line, and the exit code it ends the command with.</summary>
internal sealed class CliException : Exception
{
    /// <param name="exitCode">Null: the command's own code for failures (1; 125 for run).</param>
    internal CliException(string message, int? exitCode = null, Exception? cause = null)
        : base(message, cause) => ExitCode = exitCode;

    internal int? ExitCode { get; }
}
