using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class ExportCommand : Command
{
    private string? _output;

    internal override void Define(FlagSet flags) =>
        flags.Text("output", 'o', "Write to a file, instead of STDOUT", value => _output = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        ResponseFile file = new(_output);
        file.CheckTarget();
        file.Write(context.Client.Stream("GET", ContainerPaths.Of(operands[0], "export")));
        return ExitCodes.Success;
    }
}
