using MicroVm.Engine;
using MicroVm.Hypervisor.Jail;

namespace MicroVm.Daemon.Hosting;

/// <summary>How this daemon runs: defaults, then the configuration file, then the environment, then the command line.</summary>
internal sealed class DaemonOptions
{
    /// <summary>Durable state.</summary>
    public string Root { get; set; } = DefaultPaths.Root();

    /// <summary>Sockets and what is lost with the host's boot.</summary>
    public string RunDirectory { get; set; } = DefaultPaths.RunDirectory();

    /// <summary>The API's socket; null: <c>mvm.sock</c> in the run directory.</summary>
    public string? Socket { get; set; }

    public string SocketPath => Socket ?? Path.Combine(RunDirectory, "mvm.sock");

    /// <summary>Base addresses tried before docker.io.</summary>
    public IReadOnlyList<string> RegistryMirrors { get; set; } = [];

    /// <summary>HOST, HOST:PORT or a network in CIDR form.</summary>
    public IReadOnlyList<string> InsecureRegistries { get; set; } = [];

    /// <summary>Layers of one pull in flight at once.</summary>
    public int MaxConcurrentDownloads { get; set; } = 3;

    /// <summary>Certificates by registry, in Docker's layout.</summary>
    public string CertsDirectory { get; set; } = "/etc/mvm/certs.d";

    /// <summary>qemu or libvirt, for containers that ask for none.</summary>
    public string Driver { get; set; } = "qemu";

    /// <summary>Which libvirt the libvirt driver uses; null: its QEMU driver in this process, with its root under <see cref="Root"/>.</summary>
    public string? LibvirtUri { get; set; }

    /// <summary>VMMs are confined.</summary>
    public bool Jail { get; set; } = true;

    /// <summary>VMs are restored from templates.</summary>
    public bool WarmStart { get; set; } = true;

    /// <summary>Of each VM its own.</summary>
    public UserRange VmUsers { get; set; } = JailOptions.DefaultUsers;

    /// <summary>Where the owners of a share's files can't be mapped, root serves them.</summary>
    public bool PrivilegedShares { get; set; } = true;

    /// <summary>From the hierarchy's root; each VM has a group below it.</summary>
    public string ControlGroupParent { get; set; } = "mvm";

    /// <summary>Bytes of guest memory of a container that asks for none; 0: the engine's default.</summary>
    public long Memory { get; set; }

    /// <summary>vCPUs of a container that asks for none; 0: the engine's default.</summary>
    public int Cpus { get; set; }

    /// <summary>Bytes that a container may write to its root file system when it asks for none; 0: the engine's default.</summary>
    public long StorageSize { get; set; }

    /// <summary>From a VM's start to its agent's first answer; zero: the engine's default.</summary>
    public TimeSpan BootTimeout { get; set; }

    /// <summary>Uncompressed ELF vmlinux.</summary>
    public string Kernel { get; set; } = DefaultPaths.GuestFile("vmlinux");

    /// <summary>cpio archive with the agent.</summary>
    public string Initramfs { get; set; } = DefaultPaths.GuestFile("initramfs.cpio");

    /// <summary>What carries the packets of containers.</summary>
    public NetworkBackend Networking { get; set; } = NetworkBackend.Auto;

    public LogLevel LogLevel { get; set; } = LogLevel.Information;

    public bool Debug => LogLevel <= LogLevel.Debug;
}
