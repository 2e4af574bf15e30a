using System.Text.Json.Serialization;

namespace MicroVm.Api.Stats;

/// <summary>One document of <c>GET /containers/{id}/stats</c>. Of a container that does not run only name and id mean something.</summary>
public sealed record StatsResponse
{
    [JsonPropertyName("name")]
    public string Name { get; init; } = "";

    [JsonPropertyName("id")]
    public string Id { get; init; } = "";

    [JsonPropertyName("read")]
    public string Read { get; init; } = "";

    /// <summary>When precpu_stats were taken.</summary>
    [JsonPropertyName("preread")]
    public string PreRead { get; init; } = "";

    [JsonPropertyName("pids_stats")]
    public PidsStats Pids { get; init; } = new();

    [JsonPropertyName("blkio_stats")]
    public BlkioStats Blkio { get; init; } = new();

    [JsonPropertyName("num_procs")]
    public int NumProcs { get; init; }

    [JsonPropertyName("storage_stats")]
    public EmptyObject Storage { get; init; } = EmptyObject.Instance;

    [JsonPropertyName("cpu_stats")]
    public CpuStats Cpu { get; init; } = new();

    [JsonPropertyName("precpu_stats")]
    public CpuStats PreCpu { get; init; } = new();

    [JsonPropertyName("memory_stats")]
    public MemoryStats Memory { get; init; } = new();

    [JsonPropertyName("networks"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, NetworkStats>? Networks { get; init; }
}

public sealed record PidsStats
{
    [JsonPropertyName("current"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Current { get; init; }

    [JsonPropertyName("limit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Limit { get; init; }
}

/// <summary>Counters by device; null where there are none, as in Docker with version 2 of control groups.</summary>
public sealed record BlkioStats
{
    [JsonPropertyName("io_service_bytes_recursive")]
    public IReadOnlyList<BlkioEntry>? ServiceBytes { get; init; }

    [JsonPropertyName("io_serviced_recursive")]
    public IReadOnlyList<BlkioEntry>? Serviced { get; init; }

    [JsonPropertyName("io_queue_recursive")]
    public IReadOnlyList<BlkioEntry>? Queue { get; init; }

    [JsonPropertyName("io_service_time_recursive")]
    public IReadOnlyList<BlkioEntry>? ServiceTime { get; init; }

    [JsonPropertyName("io_wait_time_recursive")]
    public IReadOnlyList<BlkioEntry>? WaitTime { get; init; }

    [JsonPropertyName("io_merged_recursive")]
    public IReadOnlyList<BlkioEntry>? Merged { get; init; }

    [JsonPropertyName("io_time_recursive")]
    public IReadOnlyList<BlkioEntry>? Time { get; init; }

    [JsonPropertyName("sectors_recursive")]
    public IReadOnlyList<BlkioEntry>? Sectors { get; init; }
}

/// <param name="Op"><c>read</c> or <c>write</c>.</param>
public sealed record BlkioEntry(
    [property: JsonPropertyName("major")] ulong Major,
    [property: JsonPropertyName("minor")] ulong Minor,
    [property: JsonPropertyName("op")] string Op,
    [property: JsonPropertyName("value")] ulong Value);

/// <summary>Nanoseconds. A share of the CPUs is the change of total_usage, over that of system_cpu_usage, times online_cpus.</summary>
public sealed record CpuStats
{
    [JsonPropertyName("cpu_usage")]
    public CpuUsage Usage { get; init; } = new();

    [JsonPropertyName("system_cpu_usage"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong SystemUsage { get; init; }

    [JsonPropertyName("online_cpus"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int OnlineCpus { get; init; }

    [JsonPropertyName("throttling_data")]
    public ThrottlingData Throttling { get; init; } = new();
}

public sealed record CpuUsage
{
    [JsonPropertyName("total_usage")]
    public ulong Total { get; init; }

    [JsonPropertyName("usage_in_kernelmode")]
    public ulong Kernel { get; init; }

    [JsonPropertyName("usage_in_usermode")]
    public ulong User { get; init; }
}

public sealed record ThrottlingData
{
    [JsonPropertyName("periods")]
    public ulong Periods { get; init; }

    [JsonPropertyName("throttled_periods")]
    public ulong ThrottledPeriods { get; init; }

    [JsonPropertyName("throttled_time")]
    public ulong ThrottledTime { get; init; }
}

/// <summary>Bytes.</summary>
public sealed record MemoryStats
{
    /// <summary>With the page cache: clients take <c>inactive_file</c> away.</summary>
    [JsonPropertyName("usage"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Usage { get; init; }

    [JsonPropertyName("stats"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, ulong>? Stats { get; init; }

    [JsonPropertyName("limit"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Limit { get; init; }
}

public sealed record NetworkStats
{
    [JsonPropertyName("rx_bytes")]
    public ulong RxBytes { get; init; }

    [JsonPropertyName("rx_packets")]
    public ulong RxPackets { get; init; }

    [JsonPropertyName("rx_errors")]
    public ulong RxErrors { get; init; }

    [JsonPropertyName("rx_dropped")]
    public ulong RxDropped { get; init; }

    [JsonPropertyName("tx_bytes")]
    public ulong TxBytes { get; init; }

    [JsonPropertyName("tx_packets")]
    public ulong TxPackets { get; init; }

    [JsonPropertyName("tx_errors")]
    public ulong TxErrors { get; init; }

    [JsonPropertyName("tx_dropped")]
    public ulong TxDropped { get; init; }
}
