using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Commands;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Builds;

/// <summary><c>builder prune</c>: steps of builds that no image with a name was made of; with --all every step.</summary>
internal sealed class BuilderPruneCommand : Command
{
    private readonly ListFilters _filters = new();
    private bool _all;
    private bool _force;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all", 'a', "Remove all unused build cache, not just dangling ones", value => _all = value);
        flags.Text("filter", '\0', "Provide filter values (e.g. \"until=24h\")", _filters.Add, "filter");
        flags.Switch("force", 'f', "Do not prompt for confirmation", value => _force = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string what = _all ? "all build cache" : "all dangling build cache";
        if (!_force && !PruneCommand.Confirm(context.Out, $"WARNING! This will remove {what}."))
        {
            return ExitCodes.Success;
        }

        byte[] answer = PruneCommand.Post(context, _all ? "/build/prune?all=1" : "/build/prune", _filters);
        BuildPruneResponse pruned = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.BuildPruneResponse)!;
        PruneCommand.Tell(context.Out, "Deleted build cache objects:", pruned.CachesDeleted ?? []);
        context.Out.WriteLine($"Total reclaimed space: {HumanSize.Decimal(pruned.SpaceReclaimed)}");
        return ExitCodes.Success;
    }
}
