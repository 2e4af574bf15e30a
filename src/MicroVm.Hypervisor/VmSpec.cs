using System.Text.Json.Serialization;

namespace MicroVm.Hypervisor;

/// <summary>Everything a driver needs to start one VM. Immutable, serialisable, no secrets but the token.</summary>
public sealed record VmSpec
{
    /// <summary>The container's id: 64 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Which driver runs it: qemu or libvirt.</summary>
    public string Driver { get; init; } = "qemu";

    /// <summary>The container's name, for people who look at the host's VMs.</summary>
    public string Name { get; init; } = "";

    /// <summary>The container's labels, for the same.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Runtime directory of this VM (sockets, token, pid): exists, mode 0700.</summary>
    public required string RuntimeDirectory { get; init; }

    /// <summary>File that the guest kernel's console is appended to.</summary>
    public required string ConsoleLog { get; init; }

    /// <summary>Uncompressed ELF vmlinux.</summary>
    public required string Kernel { get; init; }

    /// <summary>cpio archive with the agent as /init.</summary>
    public required string Initramfs { get; init; }

    /// <summary>1–64.</summary>
    public required int VCpus { get; init; }

    /// <summary>Bytes, a multiple of 1 MiB.</summary>
    public required long Memory { get; init; }

    /// <summary>32 random bytes that both ends of the agent channel must know.</summary>
    public required byte[] Token { get; init; }

    /// <summary>Slot 1: read-only root disk.</summary>
    public required DiskSpec Root { get; init; }

    /// <summary>Slot 2: writable disk.</summary>
    public required DiskSpec Scratch { get; init; }

    /// <summary>Slots 3–5.</summary>
    public IReadOnlyList<NetworkSpec> Networks { get; init; } = [];

    /// <summary>Of all networks.</summary>
    [JsonIgnore]
    public IReadOnlyList<PublishedPort> PublishedPorts => [.. Networks.SelectMany(network => network.Ports)];

    /// <summary>What slot 6 carries, by its number from 0: directories and files of the host. None: the slot stays empty.</summary>
    public IReadOnlyList<ShareSpec> Shares { get; init; } = [];

    /// <summary>CPU time bound in CPUs (--cpus), null: only VCpus bounds it.</summary>
    public double? CpuQuota { get; init; }
}

public enum DiskFormat
{
    Raw,
    Vmdk,
}

/// <param name="Path">The disk, or the VMDK descriptor that names its extents.</param>
/// <param name="ReadOnly">The guest cannot write it.</param>
/// <param name="Volatile">Lost with the VM anyway: flushes need not reach the host's disk.</param>
public sealed record DiskSpec(string Path, DiskFormat Format, bool ReadOnly, bool Volatile = false)
{
    /// <summary>Files that the disk at Path refers to (VMDK extents); the VMM must be able to read them.</summary>
    public IReadOnlyList<string> Extents { get; init; } = [];
}

/// <summary>A directory or file of the host that the guest may use, and nothing beside it.</summary>
/// <param name="Path">Absolute; it exists.</param>
/// <param name="ReadOnly">The guest cannot write it.</param>
public sealed record ShareSpec(string Path, bool ReadOnly);

/// <summary>A network interface: a tap of the host's, else user-mode networking, outbound through the host's own sockets.</summary>
public sealed record NetworkSpec
{
    /// <summary>The name of the tap that the driver makes (it lives as long as the VMM) and whose place in the host's network is its maker's affair; null: user-mode.</summary>
    public string? Tap { get; init; }

    /// <summary>Six bytes, locally administered.</summary>
    public required byte[] MacAddress { get; init; }

    /// <summary>Inbound; with a tap the host forwards them, not the VMM.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];
}

/// <param name="HostAddress">IPv4 address to listen on; 0.0.0.0 for all.</param>
/// <param name="Protocol">tcp or udp.</param>
public sealed record PublishedPort(string HostAddress, int HostPort, int GuestPort, string Protocol);
