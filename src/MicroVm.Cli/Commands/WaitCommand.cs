using System.Text.Json;
using MicroVm.Api;
using MicroVm.Cli.Containers;

namespace MicroVm.Cli.Commands;

internal sealed class WaitCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, container =>
    {
        byte[] answer = context.Client.Request("POST", ContainerPaths.Of(container, "wait"));
        var exit = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerWaitResponse);
        context.Out.WriteLine($"{exit?.StatusCode}").Flush();
        if (exit?.Error?.Message is { Length: > 0 } error)
        {
            CommandLine.Report(error);
        }
    });
}
