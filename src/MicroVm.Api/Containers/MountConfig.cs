using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>A mount asked for (--mount).</summary>
public sealed record MountConfig
{
    /// <summary>bind, volume, tmpfs, image, cluster, npipe.</summary>
    public string? Type { get; init; }

    public string? Source { get; init; }

    public string? Target { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ReadOnly { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TmpfsMountOptions? TmpfsOptions { get; init; }
}

/// <param name="SizeBytes">0: half of the memory.</param>
/// <param name="Mode">Permission bits as a decimal number; 0: 01777.</param>
public sealed record TmpfsMountOptions(long SizeBytes, int Mode);
