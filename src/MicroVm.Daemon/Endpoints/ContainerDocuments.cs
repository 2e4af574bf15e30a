using System.Globalization;
using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Makes the document of <c>GET /containers/{id}/json</c>.</summary>
internal static partial class ContainerDocuments
{
    public const string StorageDriver = "erofs";

    public static ContainerInspect Inspect(ContainerSnapshot container) => new()
    {
        Id = container.Id,
        Created = Timestamps.Format(container.Created),
        Path = container.Arguments.FirstOrDefault(""),
        Args = [.. container.Arguments.Skip(1)],
        State = State(container),
        Image = container.ImageId.ToString(),
        LogPath = container.LogPath,
        Name = "/" + container.Name,
        RestartCount = container.RestartCount,
        Driver = StorageDriver,
        Platform = "linux",
        HostConfig = Host(container.Spec),
        GraphDriver = new(StorageDriver, null),
        Mounts = MountDocuments.Points(container),
        Config = Config(container),
        NetworkSettings = Network(container),
    };

    public static string StatusName(ContainerStatus status) => status switch
    {
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        ContainerStatus.Restarting => "restarting",
        ContainerStatus.Removing => "removing",
        ContainerStatus.Exited => "exited",
        _ => "dead",
    };

    private static ContainerState State(ContainerSnapshot container) => new()
    {
        Status = StatusName(container.Status),
        Running = container.Status is ContainerStatus.Running or ContainerStatus.Paused or ContainerStatus.Restarting,
        Paused = container.Status == ContainerStatus.Paused,
        Restarting = container.Status == ContainerStatus.Restarting,
        OOMKilled = container.OomKilled,
        Dead = container.Status == ContainerStatus.Dead,
        Pid = container.Pid,
        ExitCode = container.ExitCode,
        Error = container.Error,
        StartedAt = Timestamps.Format(container.StartedAt),
        FinishedAt = Timestamps.Format(container.FinishedAt),
        Health = HealthDocuments.State(container),
    };

    private static ContainerConfig Config(ContainerSnapshot container)
    {
        EffectiveConfig effective = container.Effective;
        return new()
        {
            Hostname = effective.Hostname,
            Domainname = container.Spec.Domainname,
            User = effective.User,
            AttachStdin = container.Spec.AttachStdin,
            AttachStdout = container.Spec.AttachStdout,
            AttachStderr = container.Spec.AttachStderr,
            ExposedPorts = ImageDocuments.Set(effective.ExposedPorts),
            Tty = container.Spec.Terminal,
            OpenStdin = container.Spec.OpenStdin,
            StdinOnce = container.Spec.StdinOnce,
            Env = effective.Environment,
            Cmd = effective.Command,
            Image = container.Spec.Image,
            Volumes = ImageDocuments.Set(effective.Volumes),
            WorkingDir = effective.WorkingDirectory,
            Entrypoint = effective.Entrypoint,
            Labels = effective.Labels.ToDictionary(label => label.Key, label => (string?)label.Value),
            StopSignal = effective.StopSignal,
            StopTimeout = container.Spec.StopTimeout,
            Healthcheck = HealthDocuments.Config(container),
            Shell = effective.Shell,
        };
    }

    private static bool IsUp(ContainerSnapshot container) => container.Status is ContainerStatus.Running or ContainerStatus.Paused;

    private static Dictionary<string, IReadOnlyList<PortBinding>?> BoundPorts(ContainerSnapshot container)
    {
        Dictionary<string, IReadOnlyList<PortBinding>?> ports =
            container.Effective.ExposedPorts.Select(PortText.Parse).Distinct()
                .ToDictionary(port => PortText.Format(port.Port, port.Protocol), _ => (IReadOnlyList<PortBinding>?)null);
        foreach (IGrouping<string, PublishedPort> port in ByGuestPort(container.Ports))
        {
            ports[port.Key] = Bindings(port);
        }

        return ports;
    }

    private static IEnumerable<IGrouping<string, PublishedPort>> ByGuestPort(IReadOnlyList<PublishedPort> ports) =>
        ports.GroupBy(port => PortText.Format(port.GuestPort, port.Protocol));

    private static IReadOnlyList<PortBinding> Bindings(IEnumerable<PublishedPort> ports) =>
        [.. ports.Select(port => new PortBinding(port.HostAddress, port.HostPort.ToString(CultureInfo.InvariantCulture)))];
}
