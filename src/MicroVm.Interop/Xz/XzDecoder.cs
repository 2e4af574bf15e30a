using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;

namespace MicroVm.Interop.Xz;

/// <summary>liblzma's decoder for .xz (lzma/container.h), streams one after the other included.</summary>
public sealed unsafe partial class XzDecoder : IStreamDecoder
{
    private const uint Concatenated = 0x08;

    // xz -9 needs 65 MiB; a stream that asks for more than this is not worth the host's memory.
    private const ulong MemoryLimit = 256UL << 20;

    private const int Ok = 0;
    private const int StreamEnd = 1;
    private const int MemoryError = 5;
    private const int MemoryLimitError = 6;
    private const int BufferError = 10;
    private const int ActionRun = 0;
    private const int ActionFinish = 3;

    private readonly LzmaStreamHandle _stream = new();

    public XzDecoder()
    {
        if (StreamDecoder(_stream, MemoryLimit, Concatenated) != Ok)
        {
            _stream.Dispose();
            throw new InsufficientMemoryException("xz: no memory for a decoder");
        }

        _stream.IsOpen = true;
    }

    /// <summary>Whether the data may end here is known only by asking (empty input), since padding may follow a stream.</summary>
    public bool IsAtEnd => Run([], [], ActionFinish) == StreamEnd;

    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int result = Run(input, output, ActionRun);
        if (result is not (Ok or BufferError))
        {
            throw new InvalidDataException(result is MemoryError or MemoryLimitError
                ? "xz: the data needs more memory than allowed"
                : "xz: the data is damaged");
        }

        ref LzmaStream stream = ref _stream.Stream;
        return (input.Length - (int)stream.AvailableIn, output.Length - (int)stream.AvailableOut);
    }

    public void Dispose() => _stream.Dispose();

    private int Run(ReadOnlySpan<byte> input, Span<byte> output, int action)
    {
        ObjectDisposedException.ThrowIf(_stream.IsClosed, this);

        // Pinned for the call; liblzma follows no pointer past it.
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            ref LzmaStream stream = ref _stream.Stream;
            stream.NextIn = (nint)source;
            stream.AvailableIn = (nuint)input.Length;
            stream.NextOut = (nint)destination;
            stream.AvailableOut = (nuint)output.Length;
            return Code(_stream, action);
        }
    }

    [LibraryImport(LzmaStreamHandle.Library, EntryPoint = "lzma_stream_decoder")]
    private static partial int StreamDecoder(LzmaStreamHandle stream, ulong memoryLimit, uint flags);

    [LibraryImport(LzmaStreamHandle.Library, EntryPoint = "lzma_code")]
    private static partial int Code(LzmaStreamHandle stream, int action);
}
