using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;
using MicroVm.Images;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Makes the documents of <c>GET /containers/json</c>, as of one moment.</summary>
internal sealed class ContainerSummaries(IImageStore images, DateTimeOffset now)
{
    private readonly Dictionary<string, Digest?> _imageIds = new(StringComparer.Ordinal);

    /// <summary>Null: sizes are not asked for.</summary>
    public ContainerSizes? Sizes { get; init; }

    public ContainerSummary Of(ContainerSnapshot container)
    {
        (long Writable, long All)? size = Sizes?.Of(container);
        return Of(container, size?.Writable, size?.All);
    }

    private ContainerSummary Of(ContainerSnapshot container, long? writable, long? all) => new()
    {
        Id = container.Id,
        Names = ["/" + container.Name],
        Image = ImageName(container),
        ImageID = container.ImageId.ToString(),
        Command = Command(container.Arguments),
        Created = container.Created.ToUnixTimeSeconds(),
        Ports = [.. Ports(container)],
        SizeRw = writable,
        SizeRootFs = all,
        Labels = container.Effective.Labels,
        State = ContainerDocuments.StatusName(container.Status),
        Status = Status(container),
        Mounts = MountDocuments.Points(container),
        HostConfig = new(ContainerDocuments.NetworkName(container.Spec)),
        NetworkSettings = new(ContainerDocuments.Networks(container)),
    };

    private string Status(ContainerSnapshot container) => container.Status switch
    {
        ContainerStatus.Running => "Up " + Since(container.StartedAt) + HealthDocuments.Suffix(container),
        ContainerStatus.Paused => $"Up {Since(container.StartedAt)} (Paused)",
        ContainerStatus.Restarting => $"Restarting ({container.ExitCode}) {Since(container.FinishedAt)} ago",
        ContainerStatus.Removing => "Removal In Progress",
        ContainerStatus.Dead => "Dead",
        _ when container.FinishedAt is null || container.Status == ContainerStatus.Created => "Created",
        _ => $"Exited ({container.ExitCode}) {Since(container.FinishedAt)} ago",
    };

    private string Since(DateTimeOffset? time) => HumanDuration.Of(now - (time ?? now));

    /// <summary>As the user named it; the id once that name means another image.</summary>
    private string ImageName(ContainerSnapshot container)
    {
        string name = container.Spec.Image;
        if (!_imageIds.TryGetValue(name, out Digest? id))
        {
            _imageIds[name] = id = images.Find(name)?.Id;
        }

        return id == container.ImageId ? name : container.ImageId.ToString();
    }

    private static string Command(IReadOnlyList<string> arguments) => arguments.Count == 0
        ? ""
        : string.Join(' ', arguments.Take(1).Concat(arguments.Skip(1).Select(argument =>
            argument.Contains(' ', StringComparison.Ordinal) ? $"'{argument}'" : argument)));

    private static IEnumerable<ContainerPort> Ports(ContainerSnapshot container)
    {
        if (container.Status is not (ContainerStatus.Running or ContainerStatus.Paused))
        {
            yield break;
        }

        foreach (PublishedPort port in container.Ports)
        {
            yield return new() { IP = port.HostAddress, PrivatePort = port.GuestPort, PublicPort = port.HostPort, Type = port.Protocol };
        }

        foreach ((int port, string protocol) in container.Effective.ExposedPorts.Select(PortText.Parse))
        {
            if (!container.Ports.Any(published => published.GuestPort == port && published.Protocol == protocol))
            {
                yield return new() { PrivatePort = port, Type = protocol };
            }
        }
    }
}
