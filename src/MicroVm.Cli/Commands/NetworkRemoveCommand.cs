using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary><c>network rm</c>.</summary>
internal sealed class NetworkRemoveCommand : Command
{
    private bool _force;

    internal override void Define(FlagSet flags) =>
        flags.Switch("force", 'f', "Do not error if the network does not exist", value => _force = value);

    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, network =>
    {
        try
        {
            context.Client.Request("DELETE", ContainerPaths.OfNetwork(network, ""));
            context.Out.WriteLine(SafeText.OneLine(network));
        }
        catch (EngineException refused) when (_force && refused.IsNotFound)
        {
            // As asked.
        }
    });
}
