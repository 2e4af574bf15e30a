using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary>What a command works with.</summary>
internal sealed class CommandContext(string? host)
{
    private EngineClient? _client;

    internal EngineClient Client => _client ??= new EngineClient(EngineEndpoint.Resolve(host));

    internal TextOutput Out { get; } = TextOutput.Standard;

    internal TextOutput Error { get; } = TextOutput.Error;

    /// <summary>Does something to each of several; a failure of one is told and does not stop the others.</summary>
    /// <returns>The exit code: a failure when one failed.</returns>
    internal int ForEach(IReadOnlyList<string> names, Action<string> action)
    {
        int exitCode = ExitCodes.Success;
        foreach (string name in names)
        {
            try
            {
                action(name);
            }
            catch (Exception failure) when (failure is EngineException or CliException)
            {
                Out.Flush();
                CommandLine.Report(failure.Message);
                exitCode = ExitCodes.Failure;
            }
        }

        return exitCode;
    }
}
