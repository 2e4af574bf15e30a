using System.Text.Json;
using MicroVm.Api;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary><c>volume prune</c>: after a question, unless --force answers it.</summary>
internal sealed class VolumePruneCommand : Command
{
    private readonly ListFilters _filters = new();
    private bool _force;
    private bool _all;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all", 'a', "Remove all unused volumes, not just anonymous ones", value => _all = value);
        flags.Text("filter", '\0', "Provide filter values (e.g. \"label=<label>\")", _filters.Add, "filter");
        flags.Switch("force", 'f', "Do not prompt for confirmation", value => _force = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        string kind = _all ? "all local" : "anonymous local";
        if (!_force && !PruneCommand.Confirm(context.Out, $"WARNING! This will remove {kind} volumes not used by at least one container."))
        {
            return ExitCodes.Success;
        }

        if (_all)
        {
            _filters.Add("all", "true");
        }

        long space = Prune(context, _filters);
        context.Out.WriteLine($"Total reclaimed space: {HumanSize.Decimal(space)}");
        return ExitCodes.Success;
    }

    /// <summary>The bytes that it has freed.</summary>
    internal static long Prune(CommandContext context, ListFilters filters)
    {
        var volumes = JsonSerializer.Deserialize(PruneCommand.Post(context, "/volumes/prune", filters), ApiJsonContext.Api.VolumePruneResponse)!;
        PruneCommand.Tell(context.Out, "Deleted Volumes:", volumes.VolumesDeleted ?? []);
        return volumes.SpaceReclaimed;
    }
}
