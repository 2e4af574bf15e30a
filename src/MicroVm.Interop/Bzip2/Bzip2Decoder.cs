using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;

namespace MicroVm.Interop.Bzip2;

/// <summary>libbz2's decoder (bzlib.h), streams one after the other included.</summary>
public sealed unsafe partial class Bzip2Decoder : IStreamDecoder
{
    private const string Library = "libbz2.so.1.0";
    private const int Ok = 0;
    private const int StreamEnd = 4;

    // In native memory, because libbz2 checks that the structure stays where it was.
    private BzStream* _stream = (BzStream*)NativeMemory.AllocZeroed((nuint)sizeof(BzStream));
    private bool _isOpen;

    ~Bzip2Decoder() => Release();

    public bool IsAtEnd => !_isOpen;

    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        if (input.IsEmpty && !_isOpen)
        {
            return (0, 0);
        }

        Open();
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            _stream->NextIn = (nint)source;
            _stream->AvailableIn = (uint)input.Length;
            _stream->NextOut = (nint)destination;
            _stream->AvailableOut = (uint)output.Length;
            int result = Decompress(_stream);
            if (result == StreamEnd)
            {
                Close();
            }
            else if (result != Ok)
            {
                throw new InvalidDataException("bzip2: the data is damaged");
            }

            return (input.Length - (int)_stream->AvailableIn, output.Length - (int)_stream->AvailableOut);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private void Open()
    {
        if (!_isOpen)
        {
            *_stream = default;
            _isOpen = Init(_stream, verbosity: 0, small: 0) == Ok
                ? true
                : throw new InsufficientMemoryException("bzip2: no memory for a decoder");
        }
    }

    private void Close()
    {
        _ = EndDecompress(_stream);
        _isOpen = false;
    }

    private void Release()
    {
        if (_stream is null)
        {
            return;
        }

        if (_isOpen)
        {
            Close();
        }

        NativeMemory.Free(_stream);
        _stream = null;
    }

    [LibraryImport(Library, EntryPoint = "BZ2_bzDecompressInit")]
    private static partial int Init(BzStream* stream, int verbosity, int small);

    [LibraryImport(Library, EntryPoint = "BZ2_bzDecompress")]
    private static partial int Decompress(BzStream* stream);

    [LibraryImport(Library, EntryPoint = "BZ2_bzDecompressEnd")]
    private static partial int EndDecompress(BzStream* stream);
}
