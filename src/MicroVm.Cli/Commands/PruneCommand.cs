using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Images;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Interop;
using MicroVm.Cli.Output;

namespace MicroVm.Cli.Commands;

/// <summary><c>container prune</c>, <c>image prune</c> and <c>system prune</c>: after a question, unless --force answers it.</summary>
internal sealed class PruneCommand(bool containers, bool images) : Command
{
    private readonly ListFilters _filters = new();
    private readonly ListFilters _imageFilters = new();
    private bool _force;
    private bool _all;
    private bool _volumes;

    private bool IsSystem => containers && images;

    internal override void Define(FlagSet flags)
    {
        if (images)
        {
            flags.Switch("all", 'a', "Remove all unused images, not just dangling ones", value => _all = value);
        }

        flags.Text("filter", '\0', "Provide filter values (e.g. \"label=<key>=<value>\")", AddFilter, "filter");
        flags.Switch("force", 'f', "Do not prompt for confirmation", value => _force = value);
        if (IsSystem)
        {
            flags.Switch("volumes", '\0', "Prune anonymous volumes", value => _volumes = value);
        }
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (!_force && !IsConfirmed(context))
        {
            return ExitCodes.Success;
        }

        long space = containers ? PruneContainers(context) : 0;
        if (IsSystem)
        {
            space += PruneRest(context);
        }

        space += images ? PruneImages(context) : 0;
        context.Out.WriteLine($"Total reclaimed space: {HumanSize.Decimal(space)}");
        return ExitCodes.Success;
    }

    private void AddFilter(string pair)
    {
        _filters.Add(pair);
        _imageFilters.Add(pair);
    }

    private long PruneContainers(CommandContext context)
    {
        var answer = JsonSerializer.Deserialize(Post(context, "/containers/prune", _filters), ApiJsonContext.Api.PruneResponse)!;
        Tell(context.Out, "Deleted Containers:", answer.ContainersDeleted ?? []);
        return answer.SpaceReclaimed;
    }

    private long PruneImages(CommandContext context)
    {
        _imageFilters.Add(_all ? "dangling=false" : "dangling=true");
        var answer = JsonSerializer.Deserialize(Post(context, "/images/prune", _imageFilters), ApiJsonContext.Api.ImagePruneResponse)!;
        Tell(context.Out, "Deleted Images:", (answer.ImagesDeleted ?? []).Select(Line));
        return answer.SpaceReclaimed;
    }

    private long PruneRest(CommandContext context)
    {
        var networks = JsonSerializer.Deserialize(Post(context, "/networks/prune", _filters), ApiJsonContext.Api.NetworkPruneResponse)!;
        Tell(context.Out, "Deleted Networks:", networks.NetworksDeleted ?? []);
        return _volumes ? VolumePruneCommand.Prune(context, _filters) : 0;
    }

    internal static byte[] Post(CommandContext context, string path, ListFilters filters) =>
        context.Client.Request("POST", filters.ToQuery() is { } query ? $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}" : path);

    private static string Line(ImageDeleteItem item) => item.Untagged is { } name ? "untagged: " + name : "deleted: " + item.Deleted;

    internal static void Tell(TextOutput output, string title, IEnumerable<string> items)
    {
        List<string> list = [.. items];
        if (list.Count > 0)
        {
            output.WriteLine(title);
            list.ForEach(item => output.WriteLine(SafeText.OneLine(item)));
            output.WriteLine();
        }
    }

    private bool IsConfirmed(CommandContext context)
    {
        context.Out.WriteLine(IsSystem ? "WARNING! This will remove:" : Warning());
        if (IsSystem)
        {
            string[] lines =
            [
                "all stopped containers", "all networks not used by at least one container",
                .. _volumes ? ["all anonymous volumes not used by at least one container"] : Array.Empty<string>(),
                _all ? "all images without at least one container associated to them" : "all dangling images",
            ];
            Array.ForEach(lines, line => context.Out.WriteLine("  - " + line));
            context.Out.WriteLine();
        }

        return IsYes(context.Out);
    }

    /// <summary>Warns, and asks.</summary>
    internal static bool Confirm(TextOutput output, string warning) => IsYes(output.WriteLine(warning));

    private static bool IsYes(TextOutput output)
    {
        output.Write("Are you sure you want to continue? [y/N] ").Flush();
        Span<byte> answer = stackalloc byte[256];
        int count = FileDescriptor.StandardInput.Read(answer);
        return count > 0 && answer[0] is (byte)'y' or (byte)'Y';
    }

    private string Warning() => containers ? "WARNING! This will remove all stopped containers."
        : _all ? "WARNING! This will remove all images without at least one container associated to them."
        : "WARNING! This will remove all dangling images.";
}
