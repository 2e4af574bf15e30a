using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

public sealed partial record HostConfig
{
    public long CpuShares { get; init; }

    public long Memory { get; init; }

    /// <summary>Billionths of a CPU.</summary>
    public long NanoCpus { get; init; }

    public string? CgroupParent { get; init; }

    public int BlkioWeight { get; init; }

    /// <summary>Microseconds.</summary>
    public long CpuPeriod { get; init; }

    /// <summary>Microseconds in each period.</summary>
    public long CpuQuota { get; init; }

    public long CpuRealtimePeriod { get; init; }

    public long CpuRealtimeRuntime { get; init; }

    public string? CpusetCpus { get; init; }

    public string? CpusetMems { get; init; }

    public IReadOnlyList<DeviceMapping>? Devices { get; init; }

    public IReadOnlyList<string>? DeviceCgroupRules { get; init; }

    public IReadOnlyList<DeviceRequest>? DeviceRequests { get; init; }

    public long MemoryReservation { get; init; }

    public long MemorySwap { get; init; }

    /// <summary>0–100, null or -1: the kernel's.</summary>
    public long? MemorySwappiness { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? KernelMemory { get; init; }

    public bool? OomKillDisable { get; init; }

    /// <summary>null, 0 or -1: no limit.</summary>
    public long? PidsLimit { get; init; }

    public IReadOnlyList<UlimitConfig>? Ulimits { get; init; }

    public long CpuCount { get; init; }

    public long CpuPercent { get; init; }

    public long IOMaximumIOps { get; init; }

    public long IOMaximumBandwidth { get; init; }
}
