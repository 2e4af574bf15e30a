namespace MicroVm.Engine.Stdio;

/// <summary>The guest's end of stdin.</summary>
internal interface IGuestInput
{
    /// <summary>Waits while the guest takes no more; returns without effect once it has closed its stdin.</summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>The process reads end of file after what was written. Idempotent.</summary>
    void End();
}
