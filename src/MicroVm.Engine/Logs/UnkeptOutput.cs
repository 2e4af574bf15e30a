using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>For a process whose output is for its clients alone: counts, and keeps nothing. Used under its hub's lock.</summary>
internal sealed class UnkeptOutput : IOutputSink
{
    public StreamOffsets Received { get; private set; }

    public long Append(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        Received = Received.Plus(stream, bytes.Length);
        return Received.Of(stream);
    }

    public long End(OutputStream stream) => Received.Of(stream);
}
