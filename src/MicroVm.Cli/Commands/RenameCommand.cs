using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class RenameCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands)
    {
        context.Client.Request("POST", ContainerPaths.Of(operands[0], $"rename?name={Percent.Encode(operands[1])}"));
        return ExitCodes.Success;
    }
}
