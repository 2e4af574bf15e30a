using System.Globalization;
using System.Text.Json;
using MicroVm.Api;
using MicroVm.Api.Containers;
using MicroVm.Api.Images;
using MicroVm.Api.Info;
using MicroVm.Api.Volumes;
using MicroVm.Cli.Arguments;
using MicroVm.Cli.Output;
using MicroVm.Cli.Templates;

namespace MicroVm.Cli.Commands;

/// <summary><c>system df</c>.</summary>
internal sealed class DiskUsageCommand : Command
{
    private static readonly Dictionary<string, string> s_headers = new()
    {
        ["Type"] = "TYPE",
        ["TotalCount"] = "TOTAL",
        ["Active"] = "ACTIVE",
        ["Size"] = "SIZE",
        ["Reclaimable"] = "RECLAIMABLE",
    };

    private bool _verbose;
    private string? _format;

    internal override void Define(FlagSet flags)
    {
        flags.Text("format", '\0', "Format output: 'table', 'table TEMPLATE', 'json' or a Go template", value => _format = value);
        flags.Switch("verbose", 'v', "Show detailed information on space usage", value => _verbose = value);
    }

    internal override int Execute(CommandContext context, List<string> operands)
    {
        DiskUsage usage = JsonSerializer.Deserialize(context.Client.Request("GET", "/system/df"), ApiJsonContext.Api.DiskUsage)!;
        if (_verbose)
        {
            WriteImages(context.Out, usage.Images ?? []);
            WriteContainers(context.Out, usage.Containers ?? []);
            WriteVolumes(context.Out, usage.Volumes ?? []);
            return ExitCodes.Success;
        }

        string format = RowFormatter.IsDefault(_format)
            ? "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"
            : _format!;
        new RowFormatter(s_headers).Write(context.Out, format, [Images(usage), Containers(usage.Containers ?? []), Volumes(usage.Volumes ?? []), None("Build Cache")]);
        return ExitCodes.Success;
    }

    private static Dictionary<string, string> Images(DiskUsage usage)
    {
        IReadOnlyList<ImageSummary> images = usage.Images ?? [];
        long used = images.Where(image => image.Containers > 0).Sum(image => image.Size);
        return Row("Images", images.Count, images.Count(image => image.Containers > 0), usage.LayersSize, Math.Max(0, usage.LayersSize - used));
    }

    private static Dictionary<string, string> Containers(IReadOnlyList<ContainerSummary> containers)
    {
        bool IsActive(ContainerSummary container) => container.State is "running" or "paused" or "restarting";
        long size = containers.Sum(container => container.SizeRw ?? 0);
        long idle = containers.Where(container => !IsActive(container)).Sum(container => container.SizeRw ?? 0);
        return Row("Containers", containers.Count, containers.Count(IsActive), size, idle);
    }

    private static Dictionary<string, string> Volumes(IReadOnlyList<VolumeDocument> volumes)
    {
        bool IsUsed(VolumeDocument volume) => volume.UsageData is { RefCount: > 0 };
        long idle = volumes.Where(volume => !IsUsed(volume)).Sum(SizeOf);
        return Row("Local Volumes", volumes.Count, volumes.Count(IsUsed), volumes.Sum(SizeOf), idle);
    }

    private static long SizeOf(VolumeDocument volume) => Math.Max(0, volume.UsageData?.Size ?? 0);

    private static Dictionary<string, string> None(string type) => Row(type, 0, 0, 0, 0);

    private static Dictionary<string, string> Row(string type, int total, int active, long size, long reclaimable) => new()
    {
        ["Type"] = type,
        ["TotalCount"] = total.ToString(CultureInfo.InvariantCulture),
        ["Active"] = active.ToString(CultureInfo.InvariantCulture),
        ["Size"] = HumanSize.Decimal(size),
        ["Reclaimable"] = HumanSize.Decimal(reclaimable)
            + (size > 0 ? string.Create(CultureInfo.InvariantCulture, $" ({100.0 * reclaimable / size:0}%)") : ""),
    };

    private static void WriteImages(TextOutput output, IReadOnlyList<ImageSummary> images)
    {
        output.WriteLine("Images space usage:").WriteLine();
        var table = new Table("REPOSITORY:TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS");
        foreach (ImageSummary image in images)
        {
            table.Add(
                image.RepoTags is [var name, ..] ? name : "<none>:<none>", ShortId.Of(image.Id), Ago(image.Created), HumanSize.Decimal(image.Size),
                HumanSize.Decimal(image.SharedSize), HumanSize.Decimal(image.Size - image.SharedSize), $"{image.Containers}");
        }

        table.Write(output);
    }

    private static void WriteContainers(TextOutput output, IReadOnlyList<ContainerSummary> containers)
    {
        output.WriteLine().WriteLine("Containers space usage:").WriteLine();
        var table = new Table("CONTAINER ID", "IMAGE", "COMMAND", "SIZE", "CREATED", "STATUS", "NAMES");
        foreach (ContainerSummary container in containers)
        {
            table.Add(
                ShortId.Of(container.Id), container.Image, $"\"{container.Command}\"", HumanSize.Decimal(container.SizeRw ?? 0), Ago(container.Created),
                container.Status, string.Join(',', (container.Names ?? []).Select(name => name.TrimStart('/'))));
        }

        table.Write(output);
    }

    private static void WriteVolumes(TextOutput output, IReadOnlyList<VolumeDocument> volumes)
    {
        output.WriteLine().WriteLine("Local Volumes space usage:").WriteLine();
        var table = new Table("VOLUME NAME", "LINKS", "SIZE");
        foreach (VolumeDocument volume in volumes)
        {
            table.Add(volume.Name, $"{volume.UsageData?.RefCount ?? 0}", HumanSize.Decimal(SizeOf(volume)));
        }

        table.Write(output);
    }

    private static string Ago(long created) => HumanDuration.Format(DateTimeOffset.UtcNow - DateTimeOffset.FromUnixTimeSeconds(created)) + " ago";
}
