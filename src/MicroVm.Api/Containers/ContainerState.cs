using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>State in a container's inspection.</summary>
public sealed record ContainerState
{
    /// <summary>created, running, paused, restarting, removing, exited, dead.</summary>
    public string Status { get; init; } = "";

    public bool Running { get; init; }

    public bool Paused { get; init; }

    public bool Restarting { get; init; }

    public bool OOMKilled { get; init; }

    public bool Dead { get; init; }

    /// <summary>Of the VMM on the host; 0 when not running.</summary>
    public int Pid { get; init; }

    public int ExitCode { get; init; }

    /// <summary>Why it did not start.</summary>
    public string Error { get; init; } = "";

    /// <summary>0001-01-01T00:00:00Z: never.</summary>
    public string StartedAt { get; init; } = "";

    public string FinishedAt { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HealthState? Health { get; init; }
}

/// <param name="Status">starting, healthy, unhealthy.</param>
/// <param name="Log">The last five probes, oldest first.</param>
public sealed record HealthState(string Status, int FailingStreak, IReadOnlyList<HealthProbe> Log);

/// <param name="ExitCode">0: healthy; -1: it took too long.</param>
public sealed record HealthProbe(string Start, string End, int ExitCode, string Output);
