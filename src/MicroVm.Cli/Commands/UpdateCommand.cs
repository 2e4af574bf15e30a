using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Containers;
using MicroVm.Cli.Json;
using MicroVm.Cli.Output;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Commands;

internal sealed class UpdateCommand : Command
{
    private readonly JsonBuilder _changes = new();
    private bool _isEmpty = true;

    public UpdateCommand() => _changes.StartObject();

    internal override void Define(FlagSet flags)
    {
        flags.Integer("blkio-weight", '\0', "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)", value => Number(nameof(HostConfig.BlkioWeight), value));
        flags.Integer("cpu-period", '\0', "Limit CPU CFS (Completely Fair Scheduler) period", value => Number(nameof(HostConfig.CpuPeriod), value));
        flags.Integer("cpu-quota", '\0', "Limit CPU CFS (Completely Fair Scheduler) quota", value => Number(nameof(HostConfig.CpuQuota), value));
        flags.Integer("cpu-shares", 'c', "CPU shares (relative weight)", value => Number(nameof(HostConfig.CpuShares), value));
        flags.Text("cpuset-cpus", '\0', "CPUs in which to allow execution (0-3, 0,1)", value => Text(nameof(HostConfig.CpusetCpus), value));
        flags.Text("cpuset-mems", '\0', "MEMs in which to allow execution (0-3, 0,1)", value => Text(nameof(HostConfig.CpusetMems), value));
        flags.Text("memory", 'm', "Memory limit", value => Number(nameof(HostConfig.Memory), ByteSize.Parse(value)), "bytes");
        flags.Text("memory-reservation", '\0', "Memory soft limit", value => Number(nameof(HostConfig.MemoryReservation), ByteSize.Parse(value)), "bytes");
        flags.Text("memory-swap", '\0', "Swap limit equal to memory plus swap: -1 to enable unlimited swap", value => Number(nameof(HostConfig.MemorySwap), value == "-1" ? -1 : ByteSize.Parse(value)), "bytes");
        flags.Text("cpus", '\0', "Number of CPUs", value => Number(nameof(HostConfig.NanoCpus), CpuCount.Parse(value)), "decimal");
        flags.Integer("pids-limit", '\0', "Tune container pids limit (set -1 for unlimited)", value => Number(nameof(HostConfig.PidsLimit), value));
        flags.Text("restart", '\0', "Restart policy to apply when a container exits", Restart);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        if (_isEmpty)
        {
            throw new CliException("you must provide one or more flags when using this command");
        }

        _changes.EndObject();
        byte[] body = _changes.ToUtf8();
        return context.ForEach(operands, container =>
        {
            byte[] answer = context.Client.Request("POST", ContainerPaths.Of(container, "update"), body);
            context.Out.WriteLine(container).Flush();
            foreach (string warning in JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerUpdateResponse)?.Warnings ?? [])
            {
                context.Error.WriteLine("WARNING: " + SafeText.OneLine(warning)).Flush();
            }
        });
    }

    private void Number(string name, long value)
    {
        _isEmpty = false;
        _changes.Number(name, value);
    }

    private void Text(string name, string value)
    {
        _isEmpty = false;
        _changes.Text(name, value);
    }

    private void Restart(string value)
    {
        (string name, int retries) = HealthFlags.Restart(value);
        _isEmpty = false;
        _changes.StartObject(nameof(HostConfig.RestartPolicy));
        _changes.Text(nameof(RestartPolicy.Name), name);
        _changes.Number(nameof(RestartPolicy.MaximumRetryCount), retries);
        _changes.EndObject();
    }
}
