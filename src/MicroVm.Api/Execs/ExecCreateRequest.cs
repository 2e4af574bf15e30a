namespace MicroVm.Api.Execs;

/// <summary>Body of <c>POST /containers/{id}/exec</c>.</summary>
public sealed record ExecCreateRequest
{
    public string? User { get; init; }

    public bool Privileged { get; init; }

    public bool Tty { get; init; }

    public bool AttachStdin { get; init; }

    public bool AttachStdout { get; init; }

    public bool AttachStderr { get; init; }

    public string? DetachKeys { get; init; }

    /// <summary>KEY=VALUE.</summary>
    public IReadOnlyList<string>? Env { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    /// <summary>Rows, columns.</summary>
    public IReadOnlyList<int>? ConsoleSize { get; init; }
}
