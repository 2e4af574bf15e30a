using MicroVm.Api.Stats;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Observation;

namespace MicroVm.Daemon.Endpoints;

/// <summary>What a container uses, as Docker writes it.</summary>
internal static class StatsDocuments
{
    /// <param name="stats">Null: it does not run.</param>
    /// <param name="before">The ones before; null: there are none.</param>
    public static StatsResponse Of(ContainerSnapshot container, ContainerStats? stats, ContainerStats? before)
    {
        StatsResponse named = new()
        {
            Name = "/" + container.Name,
            Id = container.Id,
            Read = Timestamps.Format(stats?.Time),
            PreRead = Timestamps.Format(before?.Time),
        };
        return stats is null ? named : named with
        {
            Pids = new() { Current = stats.Processes, Limit = stats.ProcessLimit ?? ulong.MaxValue },
            Blkio = Disks(stats),
            Cpu = Cpu(stats),
            PreCpu = before is null ? new() : Cpu(before),
            Memory = new() { Usage = stats.Memory, Limit = stats.MemoryLimit, Stats = stats.MemoryParts },
            Networks = Networks(stats),
        };
    }

    private static CpuStats Cpu(ContainerStats stats) => new()
    {
        Usage = new() { Total = stats.CpuTime, Kernel = stats.KernelTime, User = stats.UserTime },
        SystemUsage = stats.SystemTime,
        OnlineCpus = stats.Processors,
    };

    private static BlkioStats Disks(ContainerStats stats) => new()
    {
        ServiceBytes = [.. stats.Disks.SelectMany(disk => Entries(disk, disk.ReadBytes, disk.WrittenBytes))],
        Serviced = [.. stats.Disks.SelectMany(disk => Entries(disk, disk.Reads, disk.Writes))],
    };

    private static BlkioEntry[] Entries(DiskStats disk, ulong read, ulong written) =>
        [new(disk.Major, disk.Minor, "read", read), new(disk.Major, disk.Minor, "write", written)];

    private static Dictionary<string, NetworkStats>? Networks(ContainerStats stats)
    {
        Dictionary<string, NetworkStats> networks = [];
        foreach (InterfaceStats network in stats.Interfaces)
        {
            networks[network.Name] = new()
            {
                RxBytes = network.Received.Bytes,
                RxPackets = network.Received.Packets,
                RxErrors = network.Received.Errors,
                RxDropped = network.Received.Dropped,
                TxBytes = network.Sent.Bytes,
                TxPackets = network.Sent.Packets,
                TxErrors = network.Sent.Errors,
                TxDropped = network.Sent.Dropped,
            };
        }

        return networks.Count == 0 ? null : networks;
    }
}
