namespace MicroVm.Engine;

/// <summary>Where the engine keeps things, and what a container gets that asks for nothing.</summary>
public sealed record EngineOptions
{
    /// <summary>Durable state: <c>containers/</c> and <c>trash/</c> lie below it.</summary>
    public required string Root { get; init; }

    /// <summary>Sockets, tokens and pids of running VMs; lost with the host's boot. Short: socket paths lie below it.</summary>
    public required string RunDirectory { get; init; }

    /// <summary>Uncompressed ELF vmlinux.</summary>
    public required string Kernel { get; init; }

    /// <summary>cpio archive with the agent as /init.</summary>
    public required string Initramfs { get; init; }

    /// <summary>
    /// Bytes of guest memory without --memory. Docker has no limit; a VM must have one. Only pages that the guest
    /// touches are taken from the host.
    /// </summary>
    public long DefaultMemory { get; init; } = 1L << 30;

    /// <summary>Least guest memory (bytes) that --memory accepts: below it the guest kernel does not boot.</summary>
    public long MinimumMemory { get; init; } = 64L << 20;

    /// <summary>vCPUs without --cpus; 0: one under emulation (a second costs boot time), else the host's CPUs.</summary>
    public int DefaultVCpus { get; init; }

    /// <summary>Bytes that a container can write to its root file system without --storage-opt size=.</summary>
    public long DefaultStorage { get; init; } = 10L << 30;

    /// <summary>How long a VM may take from its start to the agent's first answer.</summary>
    public TimeSpan BootTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long an attached client may read nothing before it loses the rest of the output of a container that has ended.
    /// </summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the guest may take to sync and unmount before it is ended at once, and loses what it has not written.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How containers reach networks.</summary>
    public NetworkBackend Networking { get; init; } = NetworkBackend.User;
}

/// <summary>What carries the packets of containers.</summary>
public enum NetworkBackend
{
    /// <summary>Bridges where this host lets the daemon make them, else user-mode.</summary>
    Auto,

    /// <summary>A bridge for each network, a tap for each interface, nftables.</summary>
    Bridge,

    /// <summary>The VMM's own sockets, for each container alone: the default network and none other.</summary>
    User,
}
