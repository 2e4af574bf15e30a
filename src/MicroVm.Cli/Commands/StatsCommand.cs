using System.Collections.Concurrent;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Stats;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Http;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

/// <summary>A table of what containers use: redrawn on a terminal, else printed again each second; once with --no-stream.</summary>
internal sealed class StatsCommand : Command
{
    private const int MaximumRequests = 64;
    private const string DefaultFormat = "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}";
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["ID"] = "CONTAINER ID",
        ["Container"] = "CONTAINER",
        ["Name"] = "NAME",
        ["CPUPerc"] = "CPU %",
        ["MemUsage"] = "MEM USAGE / LIMIT",
        ["MemPerc"] = "MEM %",
        ["NetIO"] = "NET I/O",
        ["BlockIO"] = "BLOCK I/O",
        ["PIDs"] = "PIDS",
    };

    private readonly Dictionary<string, StatsResponse> _before = [];
    private bool _all;
    private bool _once;
    private bool _untruncated;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Switch("all", 'a', "Show all containers (default shows just running)", value => _all = value);
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("no-stream", '\0', "Disable streaming stats and only pull the first result", value => _once = value);
        flags.Switch("no-trunc", '\0', "Do not truncate output", value => _untruncated = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        // The first look fails when one of them is not there; later one that has gone leaves the table.
        List<StatsResponse> found = Look(context, Names(context, operands), isFirst: true, isRequired: operands.Count > 0);
        while (true)
        {
            Write(context.Out, operands, found);
            if (_once || (operands.Count > 0 && found.Count == 0))
            {
                return ExitCodes.Success;
            }

            Thread.Sleep(s_period);
            found = Look(context, Names(context, operands), isFirst: false, isRequired: false);
        }
    }

    private List<string> Names(CommandContext context, List<string> operands)
    {
        if (operands.Count > 0)
        {
            return operands;
        }

        byte[] answer = context.Client.Request("GET", $"/containers/json?all={(_all ? 1 : 0)}");
        return [.. JsonSerializer.Deserialize(answer, ApiJsonContext.Api.IReadOnlyListContainerSummary)!.Select(container => container.Id)];
    }

    /// <summary>All at once: each may take the daemon a while.</summary>
    private static List<StatsResponse> Look(CommandContext context, List<string> names, bool isFirst, bool isRequired)
    {
        ThreadPool.SetMinThreads(MaximumRequests, 1);
        var answers = new ConcurrentDictionary<string, StatsResponse>();
        var failures = new ConcurrentQueue<EngineException>();
        Parallel.ForEach(names, new ParallelOptions { MaxDegreeOfParallelism = MaximumRequests }, name =>
        {
            try
            {
                answers[name] = Ask(context.Client, name, isFirst);
            }
            catch (EngineException failure)
            {
                failures.Enqueue(failure);
            }
        });
        return isRequired && failures.TryDequeue(out EngineException? missing) ? throw missing : [.. names.Where(answers.ContainsKey).Select(name => answers[name])];
    }

    /// <param name="isFirst">The daemon measures twice; later the last measurement is the one before.</param>
    private static StatsResponse Ask(EngineClient client, string name, bool isFirst)
    {
        string query = isFirst ? "stats?stream=false" : "stats?stream=false&one-shot=true";
        byte[] answer = client.Stream("GET", ContainerPaths.Of(name, query)).ReadAll();
        return JsonSerializer.Deserialize(answer, ApiJsonContext.Api.StatsResponse)!;
    }

    private void Write(TextOutput output, List<string> operands, List<StatsResponse> found)
    {
        bool redraws = output.IsTerminal && !_once;
        if (redraws)
        {
            output.Write("\x1b[2J\x1b[H");
        }

        string format = RowFormatter.IsDefault(_format) ? DefaultFormat : _format!;
        new RowFormatter(s_headers).Write(output, format, found.Select((stats, index) => Row(stats, operands.Count == found.Count ? operands[index] : null)));
        output.Flush();
    }

    private Dictionary<string, string> Row(StatsResponse stats, string? asked)
    {
        CpuStats before = _before.TryGetValue(stats.Id, out StatsResponse? last) ? last.Cpu : stats.PreCpu;
        _before[stats.Id] = stats;
        string id = ShortId.Of(stats.Id, _untruncated);
        return new()
        {
            ["ID"] = id,
            ["Container"] = asked ?? id,
            ["Name"] = stats.Name.TrimStart('/'),
            ["CPUPerc"] = StatsText.CpuShare(stats.Cpu, before),
            ["MemUsage"] = StatsText.Memory(stats.Memory),
            ["MemPerc"] = StatsText.MemoryShare(stats.Memory),
            ["NetIO"] = StatsText.Network(stats),
            ["BlockIO"] = StatsText.Disks(stats.Blkio),
            ["PIDs"] = $"{stats.Pids.Current}",
        };
    }
}
