using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;

namespace MicroVm.Interop.Zstd;

/// <summary>
/// libzstd's streaming decoder (zstd.h): frame after frame, skippable ones left out. A frame that wants a window larger
/// than 128 MiB, libzstd's own default for streams, is refused.
/// </summary>
public sealed partial class ZstdDecoder : IStreamDecoder
{
    private readonly ZstdContextHandle _context;

    public ZstdDecoder()
    {
        _context = CreateContext();
        if (_context.IsInvalid)
        {
            throw new InsufficientMemoryException("zstd: no memory for a decoder");
        }
    }

    public bool IsAtEnd { get; private set; } = true;

    public unsafe (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // Pinned for the call; libzstd keeps no pointer past it.
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            var from = new Buffer { Pointer = (nint)source, Size = (nuint)input.Length };
            var to = new Buffer { Pointer = (nint)destination, Size = (nuint)output.Length };
            nuint hint = DecompressStream(_context, ref to, ref from);
            if (IsError(hint) != 0)
            {
                throw new InvalidDataException("zstd: " + Marshal.PtrToStringUTF8(GetErrorName(hint)));
            }

            // Zero says that a frame is complete and flushed; without progress it says nothing new.
            if (from.Position > 0 || to.Position > 0)
            {
                IsAtEnd = hint == 0;
            }

            return ((int)from.Position, (int)to.Position);
        }
    }

    public void Dispose() => _context.Dispose();

    [LibraryImport(ZstdContextHandle.Library, EntryPoint = "ZSTD_createDCtx")]
    private static partial ZstdContextHandle CreateContext();

    [LibraryImport(ZstdContextHandle.Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(ZstdContextHandle context, ref Buffer output, ref Buffer input);

    [LibraryImport(ZstdContextHandle.Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint code);

    [LibraryImport(ZstdContextHandle.Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint GetErrorName(nuint code);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer, which have one layout.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        public nint Pointer;
        public nuint Size;
        public nuint Position;
    }
}
