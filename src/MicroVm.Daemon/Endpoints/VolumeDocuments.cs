using System.Globalization;
using MicroVm.Api.Volumes;
using MicroVm.Engine.Volumes;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Volumes as the API tells of them.</summary>
internal static class VolumeDocuments
{
    public static VolumeDocument Of(Volume volume) => new()
    {
        CreatedAt = volume.Created.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
        Driver = Volume.LocalDriver,
        Labels = volume.Labels.Count > 0 ? volume.Labels : null,
        Mountpoint = volume.Mountpoint,
        Name = volume.Name,
        Options = volume.Options.Count > 0 ? volume.Options : null,
        Scope = "local",
    };
}
