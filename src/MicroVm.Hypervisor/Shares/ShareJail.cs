using System.Globalization;
using MicroVm.Hypervisor.Jail;

namespace MicroVm.Hypervisor.Shares;

/// <summary>What of the host one virtiofsd needs: what it shares, and to be root over its files.</summary>
internal static class ShareJail
{
    // A descriptor for each file that the guest knows.
    private const ulong OpenFiles = 1_000_000;

    // Files keep their owners and modes, whosever they are. Not CAP_MKNOD: a guest makes no devices on the host. Not CAP_SETFCAP:
    // nor programs with privileges.
    private static readonly string[] s_serving = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETGID", "CAP_SETUID"];

    // It shuts itself in and gives these up before it serves a request.
    private static readonly string[] s_starting = ["CAP_SYS_CHROOT", "CAP_SETPCAP"];

    /// <summary>Where the jail shows the shares. Nobody else's arguments hold it.</summary>
    public static string Root(VmSpec spec) => $"/shares/{spec.Id}";

    /// <summary>One that is root over the files, wherever it finds them.</summary>
    public static JailSpec Of(VmSpec spec, string program, GroupLimits limits) => new()
    {
        Id = spec.Id,
        Command = [program, .. Arguments(spec)],
        ReadOnlyFiles = [],
        WritableFiles = [],
        Trees = TreesOf(spec, number => spec.Shares[number].Path),
        Capabilities = [.. s_serving, .. s_starting],
        OpenFiles = OpenFiles,
        SharesNetwork = false,
        User = null,
        Limits = limits,
    };

    /// <summary>One that is root over nothing but these, and else a user like any other.</summary>
    /// <param name="stage">Where its starter sees the shares.</param>
    public static JailSpec Of(VmSpec spec, string program, GroupLimits limits, ShareMounts mounts, string stage, uint user) =>
        Of(spec, program, limits) with
        {
            Trees = TreesOf(spec, number => ShareMounts.PlaceOf(stage, number)),
            UserNamespace = mounts.Users,
            User = user,
        };

    private static IReadOnlyList<JailTree> TreesOf(VmSpec spec, Func<int, string> path) =>
        [.. spec.Shares.Select((share, number) => new JailTree(path(number), Place(spec, number), share.ReadOnly))];

    private static string Place(VmSpec spec, int number) => string.Create(CultureInfo.InvariantCulture, $"{Root(spec)}/{number}");

    // virtiofsd's own sandbox is the second wall: chroot, its system call filter, no capabilities but those that serving needs.
    private static string[] Arguments(VmSpec spec) =>
    [
        "-f", "--fd=3", "--rlimit-nofile=0",
        "-o", $"source={Root(spec)},sandbox=chroot,modcaps=-mknod:-setfcap,announce_submounts,cache=auto,log_level=err",
        "-o", "xattrmap=" + AttributeNames,
    ];

    // Of a guest's attributes user.* alone mean something to the host; its kernel's own go under another name, and come back from it.
    // Not security.capability, which virtiofsd 7.2 would then fail to remove at a chown: to set that is refused.
    private const string AttributeNames =
        ":ok:all:security.capability:::prefix:all:security.:user.mvm.::prefix:all:trusted.:user.mvm.::bad:all:user.mvm.:::ok:all:::";
}
