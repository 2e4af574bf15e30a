using System.Text.Json.Serialization;

namespace MicroVm.Api.Execs;

/// <summary>Answer of <c>GET /exec/{id}/json</c>.</summary>
public sealed record ExecInspect
{
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public bool Running { get; init; }

    /// <summary>Null until it has ended.</summary>
    public int? ExitCode { get; init; }

    public required ExecProcessConfig ProcessConfig { get; init; }

    public bool OpenStdin { get; init; }

    public bool OpenStderr { get; init; }

    public bool OpenStdout { get; init; }

    public bool CanRemove { get; init; }

    [JsonPropertyName("ContainerID")]
    public required string ContainerId { get; init; }

    public required string DetachKeys { get; init; }

    /// <summary>Always 0: the process is in its own virtual machine and has no pid here.</summary>
    public int Pid { get; init; }
}

/// <summary>What an exec runs; named as in the API.</summary>
public sealed record ExecProcessConfig
{
    [JsonPropertyName("tty")]
    public bool Tty { get; init; }

    [JsonPropertyName("entrypoint")]
    public required string Entrypoint { get; init; }

    [JsonPropertyName("arguments")]
    public required IReadOnlyList<string> Arguments { get; init; }

    [JsonPropertyName("privileged")]
    public bool Privileged { get; init; }

    [JsonPropertyName("user")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }
}
