namespace MicroVm.Cli;

/// <summary>Docker's exit codes (docker run, "Exit status").</summary>
internal static class ExitCodes
{
    internal const int Success = 0;
    internal const int Failure = 1;

    /// <summary>mvm or mvmd failed, or the arguments are wrong.</summary>
    internal const int EngineFailure = 125;

    /// <summary>The command can't be invoked.</summary>
    internal const int NotExecutable = 126;

    /// <summary>There is no such command.</summary>
    internal const int CommandNotFound = 127;

    /// <summary>Ended by this signal.</summary>
    internal static int OfSignal(int signal) => 128 + signal;
}
