using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>What <c>mvm create</c> and <c>mvm run</c> were asked for. Null means "not given".</summary>
internal sealed class ContainerOptions
{
    internal string Image { get; set; } = "";

    internal List<string> Command { get; set; } = [];

    internal bool Interactive { get; set; }

    internal bool Terminal { get; set; }

    internal List<string> Environment { get; } = [];

    internal List<string> EnvironmentFiles { get; } = [];

    internal string? WorkingDirectory { get; set; }

    internal string? User { get; set; }

    internal string? Entrypoint { get; set; }

    internal string? Name { get; set; }

    internal bool Remove { get; set; }

    /// <summary>The policy's name.</summary>
    internal string? Restart { get; set; }

    internal int RestartRetries { get; set; }

    internal HealthOptions Health { get; } = new();

    internal string? Hostname { get; set; }

    internal string? Domainname { get; set; }

    /// <summary>Bytes.</summary>
    internal long Memory { get; set; }

    internal string? LogDriver { get; set; }

    internal Dictionary<string, string> LogOptions { get; } = [];

    internal long NanoCpus { get; set; }

    internal long ProcessLimit { get; set; }

    internal bool ReadOnly { get; set; }

    internal Dictionary<string, string> Tmpfs { get; } = [];

    /// <summary>-v with a source.</summary>
    internal List<string> Binds { get; } = [];

    /// <summary>-v without one: places for anonymous volumes.</summary>
    internal List<string> Volumes { get; } = [];

    internal List<MountSpec> Mounts { get; } = [];

    internal List<string> VolumesFrom { get; } = [];

    internal string? VolumeDriver { get; set; }

    internal bool Privileged { get; set; }

    /// <summary>Empty: the daemon's.</summary>
    internal string Runtime { get; set; } = "";

    internal List<string> CapabilitiesAdded { get; } = [];

    internal List<string> CapabilitiesDropped { get; } = [];

    internal Dictionary<string, Ulimit> Ulimits { get; } = [];

    internal string? StopSignal { get; set; }

    /// <summary>Seconds.</summary>
    internal int? StopTimeout { get; set; }

    internal List<string> Labels { get; } = [];

    internal List<string> LabelFiles { get; } = [];

    internal PullPolicy Pull { get; set; } = PullPolicy.Missing;

    internal bool Quiet { get; set; }

    /// <summary>The first is the container's mode; none: the default.</summary>
    internal List<string> Networks { get; } = [];

    /// <summary>On the first network.</summary>
    internal List<string> NetworkAliases { get; } = [];

    /// <summary>The same; null: any.</summary>
    internal string? Address { get; set; }

    internal string? MacAddress { get; set; }

    internal List<string> Published { get; } = [];

    internal bool PublishAll { get; set; }

    internal List<string> Exposed { get; } = [];

    internal bool? Init { get; set; }

    /// <summary>Bytes.</summary>
    internal long ShmSize { get; set; }

    internal List<string> Dns { get; } = [];

    internal List<string> DnsSearch { get; } = [];

    internal List<string> DnsOptions { get; } = [];

    internal List<string> ExtraHosts { get; } = [];

    internal List<string> SecurityOptions { get; } = [];

    internal Dictionary<string, string> Sysctls { get; } = [];

    internal List<string> Groups { get; } = [];

    internal List<string> StorageOptions { get; } = [];

    internal string? Platform { get; set; }

    internal string? ContainerIdFile { get; set; }

    internal int OomScoreAdjust { get; set; }

    /// <summary>stdin, stdout, stderr named by --attach.</summary>
    internal HashSet<string> Attach { get; } = [];

    /// <summary>--detach: nothing is attached, whatever else says so.</summary>
    internal bool Detached { get; set; }

    internal bool AttachStdin => !Detached && (Attach.Count == 0 ? Interactive : Attach.Contains("stdin"));

    internal bool AttachStdout => !Detached && (Attach.Count == 0 || Attach.Contains("stdout"));

    internal bool AttachStderr => !Detached && (Attach.Count == 0 || Attach.Contains("stderr"));
}
