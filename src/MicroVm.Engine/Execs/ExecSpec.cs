namespace MicroVm.Engine.Execs;

/// <summary>A process to run in a container beside its own: what <c>exec</c> asks for.</summary>
public sealed record ExecSpec
{
    /// <summary>The program and its arguments; not empty.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>KEY=VALUE over the container's, or KEY alone: removes that one.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>Empty: the container's.</summary>
    public string WorkingDirectory { get; init; } = "";

    /// <summary>Empty: the container's.</summary>
    public string User { get; init; } = "";

    /// <summary>All capabilities.</summary>
    public bool Privileged { get; init; }

    public bool Terminal { get; init; }

    public bool AttachStdin { get; init; }

    public bool AttachStdout { get; init; }

    public bool AttachStderr { get; init; }

    /// <summary>As the client gave them: it acts on them, the daemon only tells them again.</summary>
    public string DetachKeys { get; init; } = "";
}
