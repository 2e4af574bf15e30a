using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class RmCommand : Command
{
    private bool _force;
    private bool _volumes;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("force", 'f', "Force the removal of a running container (uses SIGKILL)", value => _force = value);
        flags.Switch("volumes", 'v', "Remove anonymous volumes associated with the container", value => _volumes = value);
    }

    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, container =>
    {
        try
        {
            string query = $"?force={(_force ? 1 : 0)}&v={(_volumes ? 1 : 0)}";
            context.Client.Request("DELETE", $"/containers/{Percent.Encode(container.TrimStart('/'))}{query}");
            context.Out.WriteLine(container);
        }
        catch (EngineException refused) when (_force && refused.IsNotFound)
        {
            // What should be gone is gone: told, and no failure.
            CommandLine.Report(refused.Message);
        }
    });
}
