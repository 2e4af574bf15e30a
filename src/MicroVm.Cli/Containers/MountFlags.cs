using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>What is mounted into a container.</summary>
internal static class MountFlags
{
    internal static void Define(FlagSet flags, ContainerOptions options)
    {
        flags.Text("volume", 'v', "Bind mount a volume", value => AddVolume(options, value), "list");
        flags.Text("mount", '\0', "Attach a filesystem mount to the container", value => options.Mounts.Add(MountSpec.Parse(value)), "mount");
        flags.Text("volumes-from", '\0', "Mount volumes from the specified container(s)", options.VolumesFrom.Add, "list");
        flags.Text("volume-driver", '\0', "Optional volume driver for the container", value => options.VolumeDriver = value);
        flags.Text("tmpfs", '\0', "Mount a tmpfs directory", value => AddTmpfs(options.Tmpfs, value), "list");
    }

    private static void AddVolume(ContainerOptions options, string value)
    {
        if (value.Length == 0)
        {
            throw new FlagValueException("invalid empty volume spec");
        }

        (BindSpec.IsAnonymous(value) ? options.Volumes : options.Binds).Add(BindSpec.Resolve(value));
    }

    private static void AddTmpfs(Dictionary<string, string> mounts, string value)
    {
        int colon = value.IndexOf(':', StringComparison.Ordinal);
        mounts[colon < 0 ? value : value[..colon]] = colon < 0 ? "" : value[(colon + 1)..];
    }
}
