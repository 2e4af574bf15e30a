using MicroVm.Cli.Arguments;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Commands;

/// <summary><c>volume rm</c>.</summary>
internal sealed class VolumeRemoveCommand : Command
{
    private bool _force;

    internal override void Define(FlagSet flags) =>
        flags.Switch("force", 'f', "Force the removal of one or more volumes", value => _force = value);

    internal override int Execute(CommandContext context, List<string> operands) => context.ForEach(operands, volume =>
    {
        context.Client.Request("DELETE", $"/volumes/{Percent.Encode(volume)}?force={(_force ? 1 : 0)}");
        context.Out.WriteLine(volume);
    });
}
