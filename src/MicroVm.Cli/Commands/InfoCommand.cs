using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

internal sealed class InfoCommand : Command
{
    private string? _format;

    internal override void Define(FlagSet flags) =>
        flags.Text("format", 'f', "Format output: 'json' or a Go template", value => _format = value);

    internal override int Execute(CommandContext context, List<string> operands)
    {
        byte[] answer = context.Client.Request("GET", "/info");
        if (_format is { Length: > 0 } format)
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            context.Out.WriteLine(GoTemplate.Parse(format == "json" ? "{{json .}}" : format).Render(document.RootElement));
            return ExitCodes.Success;
        }

        SystemInfo info = JsonSerializer.Deserialize(answer, ApiJsonContext.Api.SystemInfo)!;
        WriteCounts(context.Out, info);
        WriteMachine(context.Out, info);
        foreach (string warning in info.Warnings ?? [])
        {
            context.Error.WriteLine(SafeText.OneLine(warning)).Flush();
        }

        return ExitCodes.Success;
    }

    private static void WriteCounts(TextOutput output, SystemInfo info)
    {
        Line(output, "Containers", $"{info.Containers}");
        Line(output, " Running", $"{info.ContainersRunning}");
        Line(output, " Paused", $"{info.ContainersPaused}");
        Line(output, " Stopped", $"{info.ContainersStopped}");
        Line(output, "Images", $"{info.Images}");
        Line(output, "Server Version", info.ServerVersion);
        Line(output, "Storage Driver", info.Driver);
        foreach (IReadOnlyList<string> pair in (info.DriverStatus ?? []).Where(pair => pair.Count == 2))
        {
            Line(output, " " + pair[0], pair[1]);
        }
    }

    private static void WriteMachine(TextOutput output, SystemInfo info)
    {
        if (info.Mvm is { } vm)
        {
            Line(output, "Hypervisor", $"{vm.Hypervisor} {vm.HypervisorVersion}".TrimEnd());
            Line(output, "Accelerator", vm.AcceleratorReason.Length > 0 ? $"{vm.Accelerator} ({vm.AcceleratorReason})" : vm.Accelerator);
            Line(output, "Transport", vm.Transport);
            output.WriteLine("Host (more: mvm doctor):");
            foreach (HostFeature feature in vm.Host ?? [])
            {
                Line(output, " " + feature.Name, $"{feature.State}, {feature.Found}");
            }
        }

        Line(output, "Kernel Version", info.KernelVersion);
        Line(output, "Operating System", info.OperatingSystem);
        Line(output, "OSType", info.OSType);
        Line(output, "Architecture", info.Architecture);
        Line(output, "CPUs", $"{info.NCPU}");
        Line(output, "Total Memory", HumanSize.Binary(info.MemTotal));
        Line(output, "Name", info.Name);
        Line(output, "Root Dir", info.DockerRootDir);
        foreach (string mirror in info.RegistryConfig?.Mirrors ?? [])
        {
            Line(output, "Registry Mirror", mirror);
        }
    }

    private static void Line(TextOutput output, string name, string value) =>
        output.WriteLine($"{(name.StartsWith(' ') ? " " : "")}{name.Trim()}: {SafeText.OneLine(value)}".TrimEnd());
}
