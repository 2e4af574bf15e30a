using MicroVm.Api.Containers;
using MicroVm.Cli.Json;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

internal static partial class ContainerRequest
{
    /// <summary>Places that get an anonymous volume each.</summary>
    private static void WriteVolumes(JsonBuilder json, List<string> targets)
    {
        if (targets.Count == 0)
        {
            return;
        }

        json.StartObject(nameof(ContainerConfig.Volumes));
        foreach (string target in targets)
        {
            json.StartObject(target);
            json.EndObject();
        }

        json.EndObject();
    }

    private static void WriteMounts(JsonBuilder json, ContainerOptions options)
    {
        Texts(json, nameof(HostConfig.Binds), options.Binds);
        Texts(json, nameof(HostConfig.VolumesFrom), options.VolumesFrom);
        Text(json, nameof(HostConfig.VolumeDriver), options.VolumeDriver);
        Pairs(json, nameof(HostConfig.Tmpfs), options.Tmpfs);
        if (options.Mounts.Count == 0)
        {
            return;
        }

        json.StartArray(nameof(HostConfig.Mounts));
        options.Mounts.ForEach(mount => WriteMount(json, mount));
        json.EndArray();
    }

    private static void WriteMount(JsonBuilder json, MountSpec mount)
    {
        json.StartObject();
        json.Text(nameof(MountConfig.Type), mount.Type);
        Text(json, nameof(MountConfig.Source), mount.Source);
        json.Text(nameof(MountConfig.Target), mount.Target);
        json.Boolean(nameof(MountConfig.ReadOnly), mount.ReadOnly);
        WriteBindOptions(json, mount);
        WriteVolumeOptions(json, mount);
        WriteTmpfsOptions(json, mount);
        json.EndObject();
    }

    private static void WriteBindOptions(JsonBuilder json, MountSpec mount)
    {
        if (mount.Propagation.Length > 0 || mount.IsNotRecursive || mount.CreatesSource)
        {
            json.StartObject(nameof(MountConfig.BindOptions));
            Text(json, nameof(BindMountOptions.Propagation), mount.Propagation);
            json.Boolean(nameof(BindMountOptions.NonRecursive), mount.IsNotRecursive);
            json.Boolean(nameof(BindMountOptions.CreateMountpoint), mount.CreatesSource);
            json.EndObject();
        }
    }

    private static void WriteVolumeOptions(JsonBuilder json, MountSpec mount)
    {
        bool hasDriver = mount.Driver.Length > 0 || mount.DriverOptions.Count > 0;
        if (!hasDriver && !mount.NoCopy && mount.Subpath.Length == 0 && mount.Labels.Count == 0)
        {
            return;
        }

        json.StartObject(nameof(MountConfig.VolumeOptions));
        json.Boolean(nameof(VolumeMountOptions.NoCopy), mount.NoCopy);
        Text(json, nameof(VolumeMountOptions.Subpath), mount.Subpath);
        Pairs(json, nameof(VolumeMountOptions.Labels), mount.Labels);
        if (hasDriver)
        {
            json.StartObject(nameof(VolumeMountOptions.DriverConfig));
            Text(json, nameof(VolumeDriverConfig.Name), mount.Driver);
            Pairs(json, nameof(VolumeDriverConfig.Options), mount.DriverOptions);
            json.EndObject();
        }

        json.EndObject();
    }

    private static void WriteTmpfsOptions(JsonBuilder json, MountSpec mount)
    {
        if (mount.TmpfsSize > 0 || mount.TmpfsMode > 0)
        {
            json.StartObject(nameof(MountConfig.TmpfsOptions));
            json.Number(nameof(TmpfsMountOptions.SizeBytes), mount.TmpfsSize);
            json.Number(nameof(TmpfsMountOptions.Mode), mount.TmpfsMode);
            json.EndObject();
        }
    }
}
