using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

internal sealed class TopCommand : Command
{
    // What follows the container is for ps.
    internal override bool Interspersed => false;

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string options = string.Join(' ', operands.Skip(1));
        string action = options.Length == 0 ? "top" : "top?ps_args=" + Percent.Encode(options);
        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(operands[0], action));
        TopResponse top = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.TopResponse)!;
        var table = new Table([.. top.Titles]);
        foreach (IReadOnlyList<string> process in top.Processes)
        {
            table.Add([.. process]);
        }

        table.Write(context.Out);
        return ExitCodes.Success;
    }
}
