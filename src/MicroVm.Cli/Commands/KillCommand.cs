using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class KillCommand : Command
{
    private string? _signal;

    internal override void Define(FlagSet flags) =>
        flags.Text("signal", 's', "Signal to send to the container", value => _signal = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string action = $"kill?signal={Percent.Encode(_signal ?? "SIGKILL")}";
        return context.ForEach(operands, container =>
        {
            context.Client.Request("POST", ContainerPaths.Of(container, action));
            context.Out.WriteLine(container);
        });
    }
}
