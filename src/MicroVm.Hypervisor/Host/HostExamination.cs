using System.Globalization;
using System.Security.Cryptography;
using MicroVm.Hypervisor.Jail;
using MicroVm.Hypervisor.Kvm;
using MicroVm.Hypervisor.Qemu;
using MicroVm.Hypervisor.Shares;
using MicroVm.Interop.Libvirt;
using MicroVm.Interop.Posix;
using MicroVm.Interop.Vsock;

namespace MicroVm.Hypervisor.Host;

/// <summary>Looks at what this host has for VMs, each thing by using it where that is possible.</summary>
public static class HostExamination
{
    private static readonly string[] s_administration = ["/usr/sbin/", "/sbin/"];

    /// <summary>Everything, the most important first. Takes some 100 ms.</summary>
    public static IReadOnlyList<HostFinding> Run(HypervisorOptions options, string kernel, string initramfs)
    {
        HostFinding kvm = Kvm(options.Accelerator);
        string accelerator = kvm.State == FindingState.Good ? "kvm" : "tcg";
        return
        [
            kvm,
            Qemu(options.QemuPath),
            Vsock(),
            VhostNet(),
            GuestFile("guest kernel", GuestFiles.KernelFor(kernel, accelerator), "make kernel"),
            GuestFile("guest agent", initramfs, "make agent"),
            Program("mke2fs", "e2fsprogs", "no container can have a writable disk"),
            Bubblewrap(options.Jail),
            Users(options.Jail),
            ControlGroups(options.Jail),
            UserNamespaces(),
            Network(options),
            Virtiofsd(options),
            Libvirt(),
        ];
    }

    /// <summary>A user need not have a name.</summary>
    private static string User =>
        Environment.UserName is { Length: > 0 } name ? name : string.Create(CultureInfo.InvariantCulture, $"user {ProcessUser.UserId}");

    private static HostFinding Kvm(string? configured)
    {
        if (configured == "tcg")
        {
            return new("KVM", FindingState.Weaker, "switched off in the configuration", "software emulation, many times slower");
        }

        string fault = KvmProbe.Run();
        return fault.Length == 0
            ? new("KVM", FindingState.Good, "runs 64-bit guests", "virtual machines at the processor's speed")
            : new("KVM", FindingState.Weaker, fault, "software emulation, many times slower", KvmRemedy(fault));
    }

    private static string KvmRemedy(string fault)
    {
        if (!File.Exists("/dev/kvm"))
        {
            return "modprobe -a kvm_intel kvm_amd";
        }

        // One that opens and does not run guests is the host's own host's to mend.
        return fault.Contains("denied", StringComparison.OrdinalIgnoreCase) && Environment.UserName.Length > 0 ? $"usermod -aG kvm {Environment.UserName}" : "";
    }

    private static HostFinding Qemu(string? configured)
    {
        try
        {
            string program = QemuInstallation.Find(configured);
            return new("QEMU", FindingState.Good, $"{QemuVersion.Read(program)} ({program})");
        }
        catch (HypervisorException e)
        {
            return new("QEMU", FindingState.Missing, Before(e.Message, ": apt-get"), "no container can start", "apt-get install qemu-system-x86");
        }
    }

    private static HostFinding Vsock() => VhostVsock.IsUsable()
        ? new("vhost-vsock", FindingState.Good, "/dev/vhost-vsock", "with KVM the agent is reached by vsock")
        : new("vhost-vsock", FindingState.Weaker, "/dev/vhost-vsock can't be used", "the agent is reached by virtio-serial", "modprobe vhost_vsock");

    private static HostFinding VhostNet() => File.Exists("/dev/vhost-net")
        ? new("vhost-net", FindingState.Good, "/dev/vhost-net")
        : new("vhost-net", FindingState.Weaker, "/dev/vhost-net is not there", "QEMU itself moves packets", "modprobe vhost_net");

    private static HostFinding GuestFile(string name, string path, string remedy)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            string build = Convert.ToHexStringLower(SHA256.HashData(file))[..12];
            return new(name, FindingState.Good, $"build {build} ({path})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(name, FindingState.Missing, Printable.OneLine(e.Message, 200), "no container can start", remedy);
        }
    }

    private static HostFinding Program(string name, string package, string consequence) =>
        (HostProgram.Find(name) ?? s_administration.Select(d => d + name).FirstOrDefault(File.Exists)) is { } path
            ? new(name, FindingState.Good, path)
            : new(name, FindingState.Missing, "not found", consequence, $"apt-get install {package}");

    private static HostFinding Bubblewrap(JailOptions jail)
    {
        if (!jail.Enabled)
        {
            return new("jail", FindingState.Weaker, "switched off in the configuration", "VMMs run with all rights of the daemon");
        }

        return (jail.BubblewrapPath ?? HostProgram.Find("bwrap")) is { } path && File.Exists(path)
            ? new("jail", FindingState.Good, $"bubblewrap ({path})", "each VMM in namespaces of its own, with its own files only")
            : new("jail", FindingState.Missing, "bubblewrap not found", "no container can start", "apt-get install bubblewrap");
    }

    private static HostFinding Users(JailOptions jail) => Environment.IsPrivilegedProcess
        ? new(
            "VM users",
            FindingState.Good,
            string.Create(CultureInfo.InvariantCulture, $"{jail.Users.First}-{jail.Users.First + jail.Users.Count - 1}"),
            "each VMM as a user of its own without privileges")
        : new("VM users", FindingState.Weaker, "the daemon is not root", $"VMMs run as {User}");

    private static HostFinding ControlGroups(JailOptions jail)
    {
        var groups = new ControlGroups(jail.ControlGroupParent, File.ReadLines("/proc/self/mounts"));
        string version = File.Exists("/sys/fs/cgroup/cgroup.controllers") ? "version 2" : "version 1";
        if (groups.Missing.Count > 0)
        {
            return new("cgroups", FindingState.Weaker, $"{version} without {string.Join(", ", groups.Missing)}", "what they bound is not bounded");
        }

        return Environment.IsPrivilegedProcess
            ? new("cgroups", FindingState.Good, version, $"memory, tasks and CPU time of each VM are bounded (/{jail.ControlGroupParent})")
            : new("cgroups", FindingState.Weaker, "the daemon is not root", "VMs have no control groups");
    }

    /// <summary>Only a daemon without root needs them: its jails are made in one.</summary>
    private static HostFinding UserNamespaces()
    {
        bool allowed = Number("/proc/sys/user/max_user_namespaces") != 0 && Number("/proc/sys/kernel/unprivileged_userns_clone") != 0;
        return allowed
            ? new("user namespaces", FindingState.Good, "anyone may make them")
            : new(
                "user namespaces",
                Environment.IsPrivilegedProcess ? FindingState.Weaker : FindingState.Missing,
                "not for ordinary users",
                "only a daemon that is root can run VMs",
                "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=65536");
    }

    private static HostFinding Network(HypervisorOptions options)
    {
        if ((options.UserNetworking ? ("set in the configuration", "") : HostNetwork.Fault()) is not { } fault)
        {
            return new("network", FindingState.Good, "bridges and nftables", "a network of its own for each VMM, whose packets go by a tap");
        }

        return new(
            "network",
            FindingState.Weaker,
            $"user-mode networking: {fault.Reason}",
            options.Jail.Enabled
                ? "the default network only; a VMM with a network keeps the host's network namespace, one without has its own"
                : "the default network only; VMMs are in the host's network namespace",
            fault.Remedy);
    }

    private static HostFinding Virtiofsd(HypervisorOptions options)
    {
        if ((options.VirtiofsdPath ?? ShareServers.Installed) is not { } path)
        {
            return new("virtiofsd", FindingState.Weaker, "not found", "no volumes and bind mounts", "apt-get install qemu-system-common");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            return new("virtiofsd", FindingState.Good, path, $"volumes and bind mounts, with the rights of {User}");
        }

        return ShareMounts.Fault(options.Directory, options.Jail.Users.First) is not { } fault
            ? new("virtiofsd", FindingState.Good, path, "volumes and bind mounts; each VM's has a user of its own without privileges")
            : new("virtiofsd", FindingState.Weaker, $"{path}; {fault}", options.PrivilegedShares ? "there it is root, over files alone" : "no volumes and bind mounts there");
    }

    private static HostFinding Libvirt()
    {
        try
        {
            return new("libvirt", FindingState.Good, LibvirtConnection.LibraryVersion, "for --runtime libvirt; the same jail, but no pid namespace");
        }
        catch (LibvirtMissingException e)
        {
            return new("libvirt", FindingState.Weaker, Before(e.Message, ": apt-get"), "the libvirt driver can't be used", "apt-get install libvirt0 libvirt-daemon-driver-qemu");
        }
        catch (LibvirtException e)
        {
            return new("libvirt", FindingState.Weaker, Printable.OneLine(e.Message, 200), "the libvirt driver can't be used");
        }
    }

    /// <summary>-1 where there is no such setting.</summary>
    private static long Number(string path) =>
        File.Exists(path) && long.TryParse(File.ReadAllText(path), CultureInfo.InvariantCulture, out long number) ? number : -1;

    private static string Before(string text, string mark) => text.Split(mark)[0];
}
