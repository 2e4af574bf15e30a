namespace MicroVm.Engine.Observation;

/// <summary>
/// What a container uses, at one moment. The guest says so, and it may lie about itself: nothing here is more than shown.
/// Times in nanoseconds since the guest's start, sizes in bytes.
/// </summary>
public sealed record ContainerStats
{
    public required DateTimeOffset Time { get; init; }

    /// <summary>Time of all the VM's processors, used or not: what CPU times are a part of.</summary>
    public required ulong SystemTime { get; init; }

    public required int Processors { get; init; }

    public ulong CpuTime { get; init; }

    public ulong KernelTime { get; init; }

    public ulong UserTime { get; init; }

    /// <summary>With its page cache; <see cref="MemoryParts"/> tells how much of that is idle.</summary>
    public ulong Memory { get; init; }

    public required ulong MemoryLimit { get; init; }

    /// <summary>memory.stat of the container's cgroup (cgroups(7)).</summary>
    public IReadOnlyDictionary<string, ulong> MemoryParts { get; init; } = new Dictionary<string, ulong>();

    public ulong Processes { get; init; }

    /// <summary>Null: none.</summary>
    public ulong? ProcessLimit { get; init; }

    public IReadOnlyList<InterfaceStats> Interfaces { get; init; } = [];

    public IReadOnlyList<DiskStats> Disks { get; init; } = [];
}

/// <summary>A network interface of the container, counted as it sees it.</summary>
public sealed record InterfaceStats(string Name, TrafficStats Received, TrafficStats Sent);

public sealed record TrafficStats(ulong Bytes, ulong Packets, ulong Errors, ulong Dropped);

/// <summary>A disk of the VM: the root or the scratch disk.</summary>
public sealed record DiskStats(ulong Major, ulong Minor, ulong Reads, ulong ReadBytes, ulong Writes, ulong WrittenBytes);
