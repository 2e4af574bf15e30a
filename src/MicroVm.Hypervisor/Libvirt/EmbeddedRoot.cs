using MicroVm.Interop.Posix;

namespace MicroVm.Hypervisor.Libvirt;

/// <summary>The directory of libvirt's driver in this process: its configuration, state and capability cache.</summary>
internal static class EmbeddedRoot
{
    /// <summary>Where libvirt writes a file for each domain.</summary>
    public static string Logs(string directory) => Path.Combine(directory, "log/qemu");

    /// <summary>The URI of the driver with its root there, which is made.</summary>
    public static string Prepare(string directory)
    {
        string etc = Path.Combine(directory, "etc");
        Directory.CreateDirectory(etc, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(etc, "qemu.conf"), $"""
            # Written by mvmd at each start.
            user = "+{ProcessUser.UserId}"
            group = "+{ProcessUser.GroupId}"
            # No profile of the host's covers this process; no daemon of libvirt's (virtlogd, systemd's machines) is needed.
            security_driver = "none"
            namespaces = []
            cgroup_controllers = []
            stdio_handler = "file"
            # What it starts makes the jail, and takes these away then.
            clear_emulator_capabilities = 0
            seccomp_sandbox = 1

            """);
        return $"qemu:///embed?root={Uri.EscapeDataString(directory).Replace("%2F", "/", StringComparison.Ordinal)}";
    }
}
