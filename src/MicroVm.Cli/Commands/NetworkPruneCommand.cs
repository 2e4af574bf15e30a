using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary><c>network prune</c>: after a question, unless --force answers it.</summary>
internal sealed class NetworkPruneCommand : Command
{
    private readonly ListFilters _filters = new();
    private bool _force;

    internal override void Define(FlagSet flags)
    {
        flags.Text("filter", '\0', "Provide filter values (e.g. \"until=<timestamp>\")", _filters.Add, "filter");
        flags.Switch("force", 'f', "Do not prompt for confirmation", value => _force = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (!_force && !IsConfirmed(context))
        {
            return ExitCodes.Success;
        }

        string path = _filters.ToQuery() is { } query ? "/networks/prune?" + query : "/networks/prune";
        NetworkPruneResponse answer = JsonSerializer.Deserialize(context.Client.Request("POST", path), ApiJsonContext.Api.NetworkPruneResponse)!;
        if (answer.NetworksDeleted is { Count: > 0 } deleted)
        {
            context.Out.WriteLine("Deleted Networks:");
            deleted.ToList().ForEach(name => context.Out.WriteLine(SafeText.OneLine(name)));
        }

        return ExitCodes.Success;
    }

    private static bool IsConfirmed(CommandContext context)
    {
        context.Out.WriteLine("WARNING! This will remove all custom networks not used by at least one container.");
        context.Out.Write("Are you sure you want to continue? [y/N] ").Flush();
        Span<byte> answer = stackalloc byte[256];
        int count = FileDescriptor.StandardInput.Read(answer);
        return count > 0 && answer[0] is (byte)'y' or (byte)'Y';
    }
}
