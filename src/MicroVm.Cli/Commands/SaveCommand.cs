using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class SaveCommand : Command
{
    private string? _output;

    internal override void Define(FlagSet flags) =>
        flags.Text("output", 'o', "Write to a file, instead of STDOUT", value => _output = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        ResponseFile file = new(_output);
        file.CheckTarget();
        file.Write(context.Client.Stream("GET", "/images/get?" + string.Join('&', operands.Select(name => "names=" + Percent.Encode(name)))));
        return ExitCodes.Success;
    }
}
