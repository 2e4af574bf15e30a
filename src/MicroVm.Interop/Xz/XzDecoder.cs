using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;

namespace MicroVm.Interop.Xz;

/// <summary>liblzma's decoder for .xz (lzma/container.h), streams one after the other included.</summary>
public sealed unsafe partial class XzDecoder : IStreamDecoder
{
    private const string Library = "liblzma.so.5";
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

    // In native memory, because liblzma checks that the structure stays where it was.
    private LzmaStream* _stream;

    public XzDecoder()
    {
        _stream = (LzmaStream*)NativeMemory.AllocZeroed((nuint)sizeof(LzmaStream));
        if (StreamDecoder(_stream, MemoryLimit, Concatenated) != Ok)
        {
            NativeMemory.Free(_stream);
            throw new InsufficientMemoryException("xz: no memory for a decoder");
        }
    }

    ~XzDecoder() => Release();

    /// <summary>Whether the data may end here is known only by asking (empty input), since padding may follow a stream.</summary>
    public bool IsAtEnd => _stream is not null && Finish();

    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ObjectDisposedException.ThrowIf(_stream is null, this);
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            _stream->NextIn = (nint)source;
            _stream->AvailableIn = (nuint)input.Length;
            _stream->NextOut = (nint)destination;
            _stream->AvailableOut = (nuint)output.Length;
            int result = Code(_stream, ActionRun);
            if (result is not (Ok or BufferError))
            {
                throw new InvalidDataException(result is MemoryError or MemoryLimitError
                    ? "xz: the data needs more memory than allowed"
                    : "xz: the data is damaged");
            }

            return (input.Length - (int)_stream->AvailableIn, output.Length - (int)_stream->AvailableOut);
        }
    }

    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    private bool Finish()
    {
        byte none = 0;
        _stream->NextIn = (nint)(&none);
        _stream->AvailableIn = 0;
        _stream->NextOut = (nint)(&none);
        _stream->AvailableOut = 0;
        return Code(_stream, ActionFinish) == StreamEnd;
    }

    private void Release()
    {
        if (_stream is not null)
        {
            End(_stream);
            NativeMemory.Free(_stream);
            _stream = null;
        }
    }

    [LibraryImport(Library, EntryPoint = "lzma_stream_decoder")]
    private static partial int StreamDecoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library, EntryPoint = "lzma_code")]
    private static partial int Code(LzmaStream* stream, int action);

    [LibraryImport(Library, EntryPoint = "lzma_end")]
    private static partial void End(LzmaStream* stream);
}
