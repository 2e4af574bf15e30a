using MicroVm.Cli.Containers;

namespace MicroVm.Cli.Commands;

internal sealed class RenameCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands)
    {
        context.Client.Request("POST", ContainerPaths.Of(operands[0], $"rename?name={Uri.EscapeDataString(operands[1])}"));
        return ExitCodes.Success;
    }
}
