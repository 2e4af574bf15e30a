using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>Up to where a process's output streams were taken, or are in the log.</summary>
internal readonly record struct StreamOffsets(long Stdout, long Stderr)
{
    public long Of(OutputStream stream) => stream == OutputStream.Stderr ? Stderr : Stdout;

    public StreamOffsets Plus(OutputStream stream, long count) => stream == OutputStream.Stderr
        ? this with { Stderr = Stderr + count }
        : this with { Stdout = Stdout + count };
}
