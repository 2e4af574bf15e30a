using MicroVm.Engine.Health;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Networks;
using MicroVm.Hypervisor;
using MicroVm.Images;

namespace MicroVm.Engine.Containers;

/// <summary>Docker's states.</summary>
public enum ContainerStatus
{
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

/// <summary>All that is known about a container at one moment.</summary>
public sealed record ContainerSnapshot
{
    /// <summary>64 hex digits.</summary>
    public required string Id { get; init; }

    /// <summary>Without the leading slash.</summary>
    public required string Name { get; init; }

    public required ContainerSpec Spec { get; init; }

    public required Digest ImageId { get; init; }

    /// <summary>Entrypoint and command after the merge with the image: what is executed.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    public required EffectiveConfig Effective { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required ContainerStatus Status { get; init; }

    /// <summary>The VMM's pid, 0 when not running.</summary>
    public int Pid { get; init; }

    public int ExitCode { get; init; }

    public bool OomKilled { get; init; }

    /// <summary>Why it did not start.</summary>
    public string Error { get; init; } = "";

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    public int RestartCount { get; init; }

    /// <summary>Null: it has no health check, or was not started yet.</summary>
    public HealthState? Health { get; init; }

    /// <summary>Ports as bound (host port 0 resolved) while running.</summary>
    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>Its places on networks while it runs, the first eth0; those of its last run after that.</summary>
    public IReadOnlyList<NetworkEndpoint> Endpoints { get; init; } = [];

    public string LogPath { get; init; } = "";

    /// <summary>Its volumes and bind mounts, those with the shorter paths first.</summary>
    public IReadOnlyList<ContainerMount> Mounts { get; init; } = [];

    /// <summary>Milliseconds of the last start's steps: disk, vmm, boot, process.</summary>
    public IReadOnlyDictionary<string, double> Timings { get; init; } = new Dictionary<string, double>();
}

/// <summary>The configuration after the merge with the image (Docker's Config in inspect).</summary>
public sealed record EffectiveConfig
{
    public required IReadOnlyList<string> Environment { get; init; }

    public required IReadOnlyList<string>? Entrypoint { get; init; }

    public required IReadOnlyList<string>? Command { get; init; }

    public required string WorkingDirectory { get; init; }

    public required string User { get; init; }

    public required string Hostname { get; init; }

    public required string? StopSignal { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required IReadOnlyList<string> ExposedPorts { get; init; }

    public required IReadOnlyList<string> Volumes { get; init; }

    /// <summary>Null: /bin/sh -c.</summary>
    public IReadOnlyList<string>? Shell { get; init; }

    /// <summary>Null: none.</summary>
    public HealthCheck? Health { get; init; }
}
