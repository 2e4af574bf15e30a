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
        flags.Text("memory", 'm', "Memory limit", value => Number(nameof(HostConfig.Memory), ByteSize.Parse(value)), "bytes");
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
