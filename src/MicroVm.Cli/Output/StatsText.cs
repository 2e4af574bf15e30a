using System.Globalization;
using MicroVm.Api.Stats;

namespace MicroVm.Cli.Output;

/// <summary>The figures of <c>stats</c>, computed and written as Docker does.</summary>
internal static class StatsText
{
    /// <summary>Of one CPU: two that are busy make 200 %.</summary>
    internal static string CpuShare(CpuStats now, CpuStats before)
    {
        double used = (double)now.Usage.Total - before.Usage.Total;
        double all = (double)now.SystemUsage - before.SystemUsage;
        return Percent(used > 0 && all > 0 ? used / all * now.OnlineCpus : 0);
    }

    internal static string Memory(MemoryStats memory) =>
        $"{HumanSize.Binary(Bounded(Used(memory)))} / {HumanSize.Binary(Bounded(memory.Limit))}";

    internal static string MemoryShare(MemoryStats memory) => Percent(memory.Limit > 0 ? (double)Used(memory) / memory.Limit : 0);

    internal static string Network(StatsResponse stats)
    {
        (ulong received, ulong sent) = (0, 0);
        foreach (NetworkStats network in stats.Networks?.Values ?? [])
        {
            received += network.RxBytes;
            sent += network.TxBytes;
        }

        return Pair(received, sent);
    }

    internal static string Disks(BlkioStats blkio)
    {
        (ulong read, ulong written) = (0, 0);
        foreach (BlkioEntry entry in blkio.ServiceBytes ?? [])
        {
            read += entry.Op == "read" ? entry.Value : 0;
            written += entry.Op == "write" ? entry.Value : 0;
        }

        return Pair(read, written);
    }

    /// <summary>Without the page cache that nobody misses.</summary>
    private static ulong Used(MemoryStats memory)
    {
        ulong idle = (memory.Stats ?? new Dictionary<string, ulong>()).GetValueOrDefault("inactive_file");
        return idle < memory.Usage ? memory.Usage - idle : memory.Usage;
    }

    private static string Pair(ulong left, ulong right) => $"{HumanSize.Decimal(Bounded(left), 3)} / {HumanSize.Decimal(Bounded(right), 3)}";

    private static long Bounded(ulong bytes) => (long)Math.Min(bytes, long.MaxValue);

    private static string Percent(double share) => (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + "%";
}
