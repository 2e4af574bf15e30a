using MicroVm.Cli.Containers;

namespace MicroVm.Cli.Commands;

/// <summary>A command that asks for one thing to be done to each container, and prints its name: pause, unpause.</summary>
internal sealed class ContainerActionCommand(string action) : Command
{
    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, container =>
    {
        context.Client.Request("POST", ContainerPaths.Of(container, action));
        context.Out.WriteLine(container).Flush();
    });
}
