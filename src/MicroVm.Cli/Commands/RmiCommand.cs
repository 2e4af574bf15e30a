using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

internal sealed class RmiCommand : Command
{
    private bool _force;
    private bool _keepParents;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("force", 'f', "Force removal of the image", value => _force = value);
        flags.Switch("no-prune", '\0', "Do not delete untagged parents", value => _keepParents = value);
    }

    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, image =>
    {
        string query = $"?force={(_force ? 1 : 0)}&noprune={(_keepParents ? 1 : 0)}";
        try
        {
            Write(context, context.Client.Request("DELETE", ContainerPaths.OfImage(image, query)));
        }
        catch (EngineException refused) when (_force && refused.IsNotFound)
        {
            CommandLine.Report(refused.Message);
        }
    });

    private static void Write(CommandContext context, byte[] answer)
    {
        foreach (ImageDeleteItem item in JsonSerializer.Deserialize(answer, ApiJsonContext.Api.IReadOnlyListImageDeleteItem) ?? [])
        {
            context.Out.WriteLine(item.Deleted is { } deleted ? $"Deleted: {deleted}" : $"Untagged: {item.Untagged}");
        }
    }
}
