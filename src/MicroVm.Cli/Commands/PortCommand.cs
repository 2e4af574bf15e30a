using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Cli.Containers;

namespace MicroVm.Cli.Commands;

internal sealed class PortCommand : Command
{
    // A daemon may leave out what is empty.
    private static readonly Dictionary<string, IReadOnlyList<PortBinding>?> s_none = [];

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", ContainerPaths.Of(operands[0], "json"));
        ContainerInspect container = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.ContainerInspect)!;
        var bindings = (container.NetworkSettings?.Ports ?? s_none).Where(port => port.Value is { Count: > 0 });
        if (operands.Count == 1)
        {
            foreach ((string port, IReadOnlyList<PortBinding>? addresses) in bindings.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                Write(context, $"{port} -> ", addresses!);
            }

            return ExitCodes.Success;
        }

        string wanted = operands[1].Contains('/', StringComparison.Ordinal) ? operands[1] : $"{operands[1]}/tcp";
        IReadOnlyList<PortBinding> found = bindings.FirstOrDefault(pair => pair.Key == wanted).Value
            ?? throw new CliException($"no public port '{operands[1]}' published for {operands[0]}");
        Write(context, "", found);
        return ExitCodes.Success;
    }

    private static void Write(CommandContext context, string prefix, IReadOnlyList<PortBinding> bindings)
    {
        foreach (PortBinding binding in bindings)
        {
            string address = binding.HostIp is { } ip && ip.Contains(':', StringComparison.Ordinal) ? $"[{ip}]" : binding.HostIp ?? "";
            context.Out.WriteLine($"{prefix}{address}:{binding.HostPort}");
        }
    }
}
