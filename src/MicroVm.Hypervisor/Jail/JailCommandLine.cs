using System.Globalization;
using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Jail;

/// <summary>
/// The arguments that make bubblewrap (bwrap(1)) run a program in a jail: a root of its own with nothing but the program's
/// tree and the files that it is given, and namespaces of its own.
/// </summary>
internal static class JailCommandLine
{
    // setpriv(1), of Debian's essential package util-linux, takes away what bubblewrap has to keep for that.
    public const string SetPrivileges = "/usr/bin/setpriv";

    /// <param name="tree">The program with its libraries.</param>
    /// <param name="information">Descriptor where bubblewrap says which process it has made.</param>
    /// <param name="block">The program waits for the end of the pipe that this one reads; null: it does not wait.</param>
    /// <param name="filter">Has the seccomp filter.</param>
    /// <param name="users">The user namespace, if the jail has one that is there already.</param>
    public static IReadOnlyList<string> Build(JailSpec spec, string tree, int information, int? block, int filter, int? users) =>
    [
        .. Namespaces(spec, users),
        .. Root(tree),
        .. Directories(spec),
        .. spec.Devices.Prepend("/dev/null").SelectMany(path => Bind("--dev-bind", path)),
        .. spec.ReadOnlyFiles.Distinct().SelectMany(path => Bind("--ro-bind", path)),
        .. spec.WritableFiles.SelectMany(path => Bind("--bind", path)),
        .. Trees(spec),

        // The process that makes the jail becomes the program: they are its own.
        .. spec.Descriptors is { } place ? ["--ro-bind", "/proc/self/fd", place] : Array.Empty<string>(),
        "--remount-ro", "/",
        "--chdir", "/",
        "--info-fd", Number(information),
        .. block is { } number ? ["--block-fd", Number(number)] : Array.Empty<string>(),
        "--seccomp", Number(filter),
        "--",
        .. Program(spec),
    ];

    /// <summary>What runs in the jail: the command, after its privileges have been taken away.</summary>
    public static IReadOnlyList<string> Program(JailSpec spec) => [.. Privileges(spec), .. spec.Command];

    private static IEnumerable<string> Namespaces(JailSpec spec, int? users)
    {
        string[] always = ["--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "mvm"];
        string[] processes = spec.IsEntered ? [] : ["--unshare-pid", "--as-pid-1"];
        string[] network = spec.SharesNetwork ? [] : ["--unshare-net"];
        return [.. always, .. processes, .. network, .. spec.Capabilities is { } kept ? Root(kept, users) : User(spec)];
    }

    private static string[] User(JailSpec spec) => spec.User is null
        ? spec.IsEntered ? ["--unshare-user"] : ["--unshare-user", "--disable-userns"]
        : ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"];

    /// <summary>
    /// Where the daemon is not root itself, its user is it, in a user namespace. One that is there already is entered when the jail is made: the
    /// jail's other namespaces are not its own, and privileges in it don't reach them.
    /// </summary>
    private static IEnumerable<string> Root(IReadOnlyList<string> capabilities, int? users) =>
    [
        .. users is { } number ? ["--userns2", Number(number)]
            : ProcessUser.IsRoot ? Array.Empty<string>() : ["--unshare-user", "--uid", "0", "--gid", "0"],
        "--cap-drop", "ALL", .. capabilities.SelectMany(capability => (string[])["--cap-add", capability]),
    ];

    // The kernel's settings are root's to change, privileges or not; bubblewrap 0.8 leaves them open.
    private static IEnumerable<string> Trees(JailSpec spec) => spec.Trees.Count == 0
        ? []
        : ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", .. spec.Trees.SelectMany(tree => (string[])[tree.ReadOnly ? "--ro-bind" : "--bind", tree.Path, tree.Place])];

    private static IEnumerable<string> Root(string tree) =>
        ProgramTree.TopOf(tree).SelectMany<(string Name, string? Target), string>(top => top.Target is null
            ? ["--ro-bind", Path.Combine(tree, top.Name), "/" + top.Name]
            : ["--symlink", top.Target, "/" + top.Name]);

    /// <summary>Bubblewrap would make them for its own user only.</summary>
    private static IEnumerable<string> Directories(JailSpec spec) =>
        spec.Devices.Prepend("/dev/null").Concat(spec.ReadOnlyFiles).Concat(spec.WritableFiles).Concat(spec.Trees.Select(tree => tree.Place))
            .SelectMany(Above).Distinct().Order(StringComparer.Ordinal)
            .SelectMany<string, string>(directory => ["--perms", "0755", "--dir", directory]);

    private static IEnumerable<string> Above(string path)
    {
        for (string? directory = Path.GetDirectoryName(path); directory is { Length: > 1 }; directory = Path.GetDirectoryName(directory))
        {
            yield return directory;
        }
    }

    private static string[] Bind(string how, string path) => [how, path, path];

    private static IEnumerable<string> Privileges(JailSpec spec)
    {
        if (spec.User is not { } user)
        {
            return [];
        }

        string own = spec.UserNamespace is null ? Number(user) : "0";
        return
        [
            SetPrivileges, "--reuid", own, "--regid", own, .. Groups(spec.Devices),
            "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all" + string.Concat((spec.Capabilities ?? []).Select(Kept)), "--no-new-privs",
        ];
    }

    /// <summary>In setpriv's words: CAP_CHOWN is chown.</summary>
    private static string Kept(string capability) => ",+" + capability["CAP_".Length..].ToLowerInvariant();

    /// <summary>A device that only a group may open (/dev/kvm) needs that group.</summary>
    private static IEnumerable<string> Groups(IReadOnlyList<string> devices)
    {
        uint[] groups = [.. devices.Select(DeviceGroup.Needed).OfType<uint>().Distinct()];
        return groups.Length == 0 ? ["--clear-groups"] : ["--groups", string.Join(',', groups)];
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
