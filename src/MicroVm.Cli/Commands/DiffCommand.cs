using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

internal sealed class DiffCommand : Command
{
    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(operands[0], "changes"));
        foreach (FilesystemChange change in JsonSerializer.Deserialize(answer, ApiJsonContext.Api.IReadOnlyListFilesystemChange) ?? [])
        {
            char kind = change.Kind switch { 0 => 'C', 1 => 'A', 2 => 'D', _ => '?' };
            context.Out.WriteLine($"{kind} {SafeText.OneLine(change.Path)}");
        }

        return ExitCodes.Success;
    }
}
