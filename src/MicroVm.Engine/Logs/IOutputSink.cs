using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>Takes the output of one process over from its guest.</summary>
internal interface IOutputSink
{
    /// <summary>Up to where output was taken: a new connection goes on from here.</summary>
    StreamOffsets Received { get; }

    /// <summary>Takes bytes of a stream; returns the stream offset up to which it needs no resending.</summary>
    long Append(OutputStream stream, ReadOnlySpan<byte> bytes);

    /// <summary>The stream ended; returns as <see cref="Append"/>.</summary>
    long End(OutputStream stream);
}
