using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;

namespace MicroVm.Interop.Bzip2;

/// <summary>libbz2's decoder (bzlib.h), streams one after the other included.</summary>
public sealed unsafe partial class Bzip2Decoder : IStreamDecoder
{
    private const int Ok = 0;
    private const int StreamEnd = 4;

    private readonly BzStreamHandle _stream = new();

    public bool IsAtEnd => !_stream.IsOpen;

    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ObjectDisposedException.ThrowIf(_stream.IsClosed, this);
        if (input.IsEmpty && !_stream.IsOpen)
        {
            return (0, 0);
        }

        Open();

        // Pinned for the call; libbz2 follows no pointer past it.
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            ref BzStream stream = ref _stream.Stream;
            stream.NextIn = (nint)source;
            stream.AvailableIn = (uint)input.Length;
            stream.NextOut = (nint)destination;
            stream.AvailableOut = (uint)output.Length;
            int result = Decompress(_stream);
            (int Consumed, int Written) done = (input.Length - (int)stream.AvailableIn, output.Length - (int)stream.AvailableOut);
            Finish(result);
            return done;
        }
    }

    public void Dispose() => _stream.Dispose();

    private void Open()
    {
        if (!_stream.IsOpen)
        {
            _stream.Stream = default;
            _stream.IsOpen = Init(_stream, verbosity: 0, small: 0) == Ok
                ? true
                : throw new InsufficientMemoryException("bzip2: no memory for a decoder");
        }
    }

    private void Finish(int result)
    {
        if (result == StreamEnd)
        {
            _ = EndDecompress(_stream);
            _stream.IsOpen = false;
        }
        else if (result != Ok)
        {
            throw new InvalidDataException("bzip2: the data is damaged");
        }
    }

    [LibraryImport(BzStreamHandle.Library, EntryPoint = "BZ2_bzDecompressInit")]
    private static partial int Init(BzStreamHandle stream, int verbosity, int small);

    [LibraryImport(BzStreamHandle.Library, EntryPoint = "BZ2_bzDecompress")]
    private static partial int Decompress(BzStreamHandle stream);

    [LibraryImport(BzStreamHandle.Library, EntryPoint = "BZ2_bzDecompressEnd")]
    private static partial int EndDecompress(BzStreamHandle stream);
}
