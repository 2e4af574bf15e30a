using System.Globalization;
using MicroVm.Engine;
using MicroVm.Engine.Configuration;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Shares;

namespace MicroVm.Daemon.Hosting;

/// <summary>One setting: its key in the configuration file, and how its text changes the options.</summary>
/// <param name="Apply">Throws <see cref="FormatException"/> with what the value should be.</param>
internal sealed record Setting(string Key, string Help, Action<DaemonOptions, IReadOnlyList<string>> Apply)
{
    public static readonly IReadOnlyList<Setting> All =
    [
        new("root", "directory of images and containers", (options, value) => options.Root = AbsolutePath(value)),
        new("run-dir", "directory of sockets", (options, value) => options.RunDirectory = AbsolutePath(value)),
        new("host", "where to listen: unix:///PATH", (options, value) => options.Socket = SocketPath(One(value))),
        new("registry-mirrors", "addresses tried before docker.io", (options, value) => options.RegistryMirrors = [.. value.Select(Address)]),
        new("insecure-registries", "registries reached by plain HTTP", (options, value) => options.InsecureRegistries = [.. value.Select(NotEmpty)]),
        new("max-concurrent-downloads", "layers pulled at once", (options, value) => options.MaxConcurrentDownloads = Integer(value, 1, 64)),
        new("certs-dir", "certificates by registry", (options, value) => options.CertsDirectory = AbsolutePath(value)),
        new("driver", "hypervisor driver: qemu or libvirt", (options, value) => options.Driver = OneOf(value, "qemu", "libvirt")),
        new("libvirt-uri", "which libvirt (qemu:///system); its own in this process by default", (options, value) => options.LibvirtUri = QemuUri(One(value))),
        new("jail", "confine each VM's process: true or false", (options, value) => options.Jail = Flag(value)),
        new("warm-start", "restore VMs from templates instead of booting them: true or false", (options, value) => options.WarmStart = Flag(value)),
        new("vm-users", "user numbers for VMs' processes, one each: FIRST-LAST", (options, value) => options.VmUsers = Users(One(value))),
        new("privileged-shares", "virtiofsd may be root where owners can't be mapped: true or false", (options, value) => options.PrivilegedShares = Flag(value)),
        new("cgroup-parent", "control group of all VMs", (options, value) => options.ControlGroupParent = GroupPath(One(value))),
        new("memory", "guest memory by default (512m, 1g)", (options, value) => options.Memory = Size(value)),
        new("cpus", "vCPUs by default", (options, value) => options.Cpus = Integer(value, 1, 64)),
        new("storage-size", "writable disk by default (10g)", (options, value) => options.StorageSize = Size(value)),
        new("boot-timeout", "seconds that a VM may take to boot", (options, value) => options.BootTimeout = TimeSpan.FromSeconds(Integer(value, 1, 3600))),
        new("network", "how containers reach networks: auto, bridge or user", (options, value) => options.Networking = Networking(OneOf(value, "auto", "bridge", "user"))),
        new("kernel", "guest kernel (ELF vmlinux)", (options, value) => options.Kernel = AbsolutePath(value)),
        new("initramfs", "guest initramfs", (options, value) => options.Initramfs = AbsolutePath(value)),
        new("log-level", "debug, info, warn or error", (options, value) => options.LogLevel = Level(One(value))),
        new("debug", "log-level debug", (options, value) => options.LogLevel = Flag(value) ? LogLevel.Debug : options.LogLevel),
    ];

    public static Setting? Find(string key) => All.FirstOrDefault(setting => setting.Key == key);

    private static string One(IReadOnlyList<string> value) => value is [{ Length: > 0 } text] ? text : throw new FormatException("one value");

    private static string NotEmpty(string text) => text.Length > 0 ? text : throw new FormatException("no empty names");

    private static string AbsolutePath(IReadOnlyList<string> value) =>
        One(value) is var path && path.StartsWith('/') ? Path.GetFullPath(path) : throw new FormatException("an absolute path");

    private static string SocketPath(string host)
    {
        const string scheme = "unix://";
        string path = host.StartsWith(scheme, StringComparison.Ordinal) ? host[scheme.Length..] : "";
        return path.StartsWith('/') ? Path.GetFullPath(path) : throw new FormatException("unix:///PATH (no other transport is served)");
    }

    private static string QemuUri(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && (uri.Scheme == "qemu" || uri.Scheme.StartsWith("qemu+", StringComparison.Ordinal))
            ? text
            : throw new FormatException("a URI of libvirt's QEMU driver such as qemu:///system");

    private static string Address(string text)
    {
        bool valid = Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme is "http" or "https"
            && address.PathAndQuery == "/" && address.UserInfo.Length == 0;
        return valid ? text.TrimEnd('/') : throw new FormatException("addresses such as https://mirror.example:5000");
    }

    private static int Integer(IReadOnlyList<string> value, int least, int most) =>
        int.TryParse(One(value), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new FormatException($"a number from {least} to {most}");

    private static long Size(IReadOnlyList<string> value) =>
        ByteSize.TryParse(One(value), out long size) && size > 0 ? size : throw new FormatException("a size such as 512m or 2g");

    private static string OneOf(IReadOnlyList<string> value, params string[] allowed) =>
        allowed.Contains(One(value)) ? value[0] : throw new FormatException(string.Join(" or ", allowed));

    private static NetworkBackend Networking(string text) => Enum.Parse<NetworkBackend>(text, ignoreCase: true);

    private static bool Flag(IReadOnlyList<string> value) => One(value) switch
    {
        "true" => true,
        "false" => false,
        _ => throw new FormatException("true or false"),
    };

    /// <summary>The highest number is -1 to the system calls that change users.</summary>
    private static UserRange Users(string text)
    {
        string[] ends = text.Split('-');
        if (ends.Length != 2
            || !uint.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
            || !uint.TryParse(ends[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint last)
            || first == 0 || last < first || last == uint.MaxValue)
        {
            throw new FormatException("a range such as 200000-265535");
        }

        UserRange range = new(first, last - first + 1);
        return ShareIds.Allow(range)
            ? range
            : throw new FormatException($"a range without {ShareIds.Base + 1}-{ShareIds.Base + ShareIds.End - 1}, which stand for the owners of shared files");
    }

    private static string GroupPath(string text)
    {
        string[] parts = text.Trim('/').Split('/');
        return parts.All(part => part is not ("" or "." or "..") && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '@'))
            ? string.Join('/', parts)
            : throw new FormatException("a path such as mvm or machine/mvm");
    }

    private static LogLevel Level(string text) => text switch
    {
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "warn" => LogLevel.Warning,
        "error" => LogLevel.Error,
        _ => throw new FormatException("debug, info, warn or error"),
    };
}
