using System.Globalization;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Mounts;

/// <summary>A container's mounts as its virtual machine and its guest are told of them: shares by number, and where they go.</summary>
internal static class GuestMounts
{
    // MS_* of mount(2). What is a device of the host's is another one in the guest.
    private const ulong ReadOnly = 1;
    private const ulong NoDevices = 4;

    /// <summary>What is mounted in several places is shared once: they then show the same at once.</summary>
    public static IReadOnlyList<ShareSpec> Shares(ContainerSnapshot container) => [.. Shared(container).Select(Share).Distinct()];

    /// <summary>All that is mounted, the shallowest first: what lies below another mount is mounted in that.</summary>
    public static IReadOnlyList<Mount> All(ContainerSnapshot container) =>
    [
        .. container.Spec.Tmpfs.Select(mount => TmpfsOptions.ToMount(mount.Key, mount.Value))
            .Concat(container.Mounts.Where(mount => mount.Tmpfs is not null).Select(mount => InMemory(mount)))
            .Concat(OfHost(container))
            .OrderBy(mount => Depth(mount.Target)),
    ];

    private static IEnumerable<Mount> OfHost(ContainerSnapshot container)
    {
        List<ShareSpec> shares = [.. Shares(container)];
        return Shared(container).Select(mount => Share(mount, shares.IndexOf(Share(mount)), isFirstStart: container.StartedAt is null));
    }

    private static ShareSpec Share(ContainerMount mount) => new(mount.Source, mount.ReadOnly);

    private static IEnumerable<ContainerMount> Shared(ContainerSnapshot container) => container.Mounts.Where(mount => mount.Tmpfs is null);

    private static Mount Share(ContainerMount mount, int number, bool isFirstStart)
    {
        string source = number.ToString(CultureInfo.InvariantCulture) + (mount.Subpath.Length > 0 ? "/" + mount.Subpath : "");
        ulong flags = NoDevices | (mount.ReadOnly ? ReadOnly : 0);
        return new("share", source, mount.Destination, flags, "", isFirstStart && mount is { Populates: true, ReadOnly: false });
    }

    private static Mount InMemory(ContainerMount mount) =>
        TmpfsOptions.ToMount(mount.Destination, mount.ReadOnly ? mount.Tmpfs + ",ro" : mount.Tmpfs!);

    private static int Depth(string target) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(target)).Count(c => c == '/');
}
