using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Volumes;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Mounts between the API's documents and the engine.</summary>
internal static class MountDocuments
{
    /// <summary>--mount of type bind or volume.</summary>
    public static MountRequest Request(MountConfig mount)
    {
        if (mount.Type == ContainerMount.Bind && mount.VolumeOptions is not null)
        {
            throw ApiException.BadRequest("invalid mount config for type \"bind\": field VolumeOptions must not be specified");
        }

        if (mount.Type == ContainerMount.Volume && mount.BindOptions is not null)
        {
            throw ApiException.BadRequest("invalid mount config for type \"volume\": field BindOptions must not be specified");
        }

        return new()
        {
            Type = mount.Type ?? "",
            Source = mount.Source ?? "",
            Target = mount.Target ?? "",
            ReadOnly = mount.ReadOnly,
            Propagation = mount.BindOptions?.Propagation ?? "",
            CreatesSource = mount.BindOptions?.CreateMountpoint ?? false,
            NoCopy = mount.VolumeOptions?.NoCopy ?? false,
            Subpath = mount.VolumeOptions?.Subpath ?? "",
            Labels = mount.VolumeOptions?.Labels ?? new Dictionary<string, string>(),
            Driver = mount.VolumeOptions?.DriverConfig?.Name ?? "",
            DriverOptions = mount.VolumeOptions?.DriverConfig?.Options ?? new Dictionary<string, string>(),
        };
    }

    /// <summary>The same as it was asked for.</summary>
    public static MountConfig Config(MountRequest mount) => new()
    {
        Type = mount.Type,
        Source = mount.Source,
        Target = mount.Target,
        ReadOnly = mount.ReadOnly,
        BindOptions = mount.Propagation.Length > 0 || mount.CreatesSource
            ? new() { Propagation = mount.Propagation.Length > 0 ? mount.Propagation : null, CreateMountpoint = mount.CreatesSource }
            : null,
        VolumeOptions = VolumeOptions(mount),
    };

    /// <summary>All that a container has mounted, as it is.</summary>
    public static IReadOnlyList<MountPoint> Points(ContainerSnapshot container) => container.Mounts.Count == 0
        ? []
        : [.. container.Mounts.Select(Point)];

    private static MountPoint Point(ContainerMount mount)
    {
        bool isVolume = mount.Type == ContainerMount.Volume;
        return new()
        {
            Type = mount.Type,
            Name = isVolume ? mount.Name : null,
            Source = mount.Source,
            Destination = mount.Destination,
            Driver = isVolume ? Volume.LocalDriver : null,
            Mode = mount.Mode,
            RW = !mount.ReadOnly,
            Propagation = mount.Propagation,
        };
    }

    private static VolumeMountOptions? VolumeOptions(MountRequest mount)
    {
        bool isPlain = !mount.NoCopy && mount.Subpath.Length == 0 && mount.Labels.Count == 0 && mount.Driver.Length == 0 && mount.DriverOptions.Count == 0;
        return mount.Type != ContainerMount.Volume || isPlain ? null : new()
        {
            NoCopy = mount.NoCopy,
            Subpath = mount.Subpath.Length > 0 ? mount.Subpath : null,
            Labels = mount.Labels.Count > 0 ? mount.Labels : null,
            DriverConfig = mount.Driver.Length > 0 || mount.DriverOptions.Count > 0 ? new() { Name = mount.Driver, Options = mount.DriverOptions } : null,
        };
    }
}
