namespace MicroVm.Engine.Execs;

/// <summary>All that is known about an exec at one moment.</summary>
public sealed record ExecSnapshot
{
    /// <summary>64 hex digits.</summary>
    public required string Id { get; init; }

    public required string ContainerId { get; init; }

    public required ExecSpec Spec { get; init; }

    public bool Running { get; init; }

    /// <summary>Null until it has ended, or could not be started.</summary>
    public int? ExitCode { get; init; }
}
