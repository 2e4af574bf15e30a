using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.InMemory;

/// <summary>How a guest departs from the ordinary.</summary>
internal sealed record GuestBehavior
{
    /// <summary>The VMM does not start.</summary>
    public string? StartError { get; init; }

    /// <summary>The kernel panics before the agent is reached; its console holds this.</summary>
    public string? PanicAtBoot { get; init; }

    /// <summary>The agent never answers.</summary>
    public bool IsMute { get; init; }

    /// <summary>The agent answers Hello with these bytes.</summary>
    public byte[]? Garbage { get; init; }

    /// <summary>The agent closes every connection but the first, once it has greeted.</summary>
    public bool HangsUp { get; init; }

    /// <summary>What the agent does when it is to shut down; null: it answers and ends the VM.</summary>
    public Farewell? Farewell { get; init; }

    /// <summary>The agent answers Start so.</summary>
    public Failure? StartFailure { get; init; }

    /// <summary>The agent answers Adjust so.</summary>
    public Failure? AdjustFailure { get; init; }
}
