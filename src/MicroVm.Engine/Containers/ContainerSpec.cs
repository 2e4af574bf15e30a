using MicroVm.Engine.Health;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Networks;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

/// <summary>
/// What the user asked for, merged with nothing yet: image defaults are applied at create. Persisted with the
/// container. Null means "not given".
/// </summary>
public sealed record ContainerSpec
{
    /// <summary>As the user typed it.</summary>
    public required string Image { get; init; }

    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>Empty list: clears the image's entrypoint.</summary>
    public IReadOnlyList<string>? Entrypoint { get; init; }

    /// <summary>KEY=VALUE, or KEY alone: removes the image's.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    public string WorkingDirectory { get; init; } = "";

    public string User { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    public string Hostname { get; init; } = "";

    public string Domainname { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public bool Terminal { get; init; }

    public bool OpenStdin { get; init; }

    /// <summary>Stdin ends when the first attached client's does.</summary>
    public bool StdinOnce { get; init; }

    public bool AttachStdin { get; init; }

    public bool AttachStdout { get; init; }

    public bool AttachStderr { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>Seconds; null: 10.</summary>
    public int? StopTimeout { get; init; }

    public HealthCheck? Health { get; init; }

    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    // What Docker's HostConfig holds.

    /// <summary>Bytes; 0: the default.</summary>
    public long Memory { get; init; }

    /// <summary>Processes and threads of the container; 0: no limit.</summary>
    public long ProcessLimit { get; init; }

    /// <summary>Billionths of a CPU; 0: the default.</summary>
    public long NanoCpus { get; init; }

    public bool AutoRemove { get; init; }

    public RestartPolicy Restart { get; init; } = RestartPolicy.No;

    public bool ReadOnlyRoot { get; init; }

    public bool Privileged { get; init; }

    /// <summary>Which hypervisor driver; empty: the one that the daemon is set to when it starts.</summary>
    public string Driver { get; init; } = "";

    /// <summary>-v: [SOURCE:]TARGET[:MODE].</summary>
    public IReadOnlyList<string> Binds { get; init; } = [];

    /// <summary>--mount, without tmpfs.</summary>
    public IReadOnlyList<MountRequest> Mounts { get; init; } = [];

    /// <summary>--volumes-from: CONTAINER[:MODE].</summary>
    public IReadOnlyList<string> VolumesFrom { get; init; } = [];

    /// <summary>Targets that get an anonymous volume each, beside those that the image asks for.</summary>
    public IReadOnlyList<string> Volumes { get; init; } = [];

    public string VolumeDriver { get; init; } = "";

    /// <summary>Target path to mount options.</summary>
    public IReadOnlyDictionary<string, string> Tmpfs { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> CapAdd { get; init; } = [];

    public IReadOnlyList<string> CapDrop { get; init; } = [];

    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    public IReadOnlyList<Ulimit> Ulimits { get; init; } = [];

    /// <summary>none, default, or a network's name or id.</summary>
    public string NetworkMode { get; init; } = "default";

    /// <summary>The networks to be on and what is asked for there, by name; that of the mode is among them, given or not.</summary>
    public IReadOnlyDictionary<string, NetworkAttachment> Networks { get; init; } = new Dictionary<string, NetworkAttachment>();

    /// <summary>Networks that it was disconnected from: that of its mode may be among them.</summary>
    public IReadOnlyList<string> Disconnected { get; init; } = [];

    public IReadOnlyList<PublishedPort> Ports { get; init; } = [];

    /// <summary>-P: publish every exposed port.</summary>
    public bool PublishAllPorts { get; init; }

    public IReadOnlyList<string> Dns { get; init; } = [];

    public IReadOnlyList<string> DnsSearch { get; init; } = [];

    public IReadOnlyList<string> DnsOptions { get; init; } = [];

    /// <summary>name:address.</summary>
    public IReadOnlyList<string> ExtraHosts { get; init; } = [];

    public IReadOnlyDictionary<string, string> Sysctls { get; init; } = new Dictionary<string, string>();

    /// <summary>Bytes; 0: 64 MiB.</summary>
    public long ShmSize { get; init; }

    public bool Init { get; init; }

    /// <summary>json-file (or empty), local, none.</summary>
    public string LogDriver { get; init; } = "";

    /// <summary>--log-opt.</summary>
    public IReadOnlyDictionary<string, string> LogOptions { get; init; } = new Dictionary<string, string>();

    /// <summary>size=BYTES bounds the writable disk (--storage-opt).</summary>
    public IReadOnlyDictionary<string, string> StorageOptions { get; init; } = new Dictionary<string, string>();

    public int OomScoreAdjust { get; init; }

    /// <summary>A RUN of a build's: it means nothing without the daemon that builds, and goes when another one starts.</summary>
    public bool IsBuildStep { get; init; }
}

/// <param name="Name">nofile, nproc, …: Docker's names.</param>
/// <param name="Soft">-1: unlimited.</param>
/// <param name="Hard">-1: unlimited.</param>
public sealed record Ulimit(string Name, long Soft, long Hard);
