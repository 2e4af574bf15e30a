using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

/// <summary>A command whose answer is an archive: export, save.</summary>
/// <param name="path">What is asked for, by the operands.</param>
internal sealed class DownloadCommand(Func<List<string>, string> path) : Command
{
    private string? _output;

    internal override void Define(FlagSet flags) =>
        flags.Text("output", 'o', "Write to a file, instead of STDOUT", value => _output = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        ResponseFile file = new(_output);
        file.CheckTarget();
        file.Write(context.Client.Stream("GET", path(operands)));
        return ExitCodes.Success;
    }
}
