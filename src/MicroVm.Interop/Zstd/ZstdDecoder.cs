using System.Runtime.InteropServices;
using MicroVm.Interop.Compression;
using MicroVm.Interop.Generated;
using static MicroVm.Interop.Generated.ZstdMethods;

namespace MicroVm.Interop.Zstd;

/// <summary>
/// libzstd's streaming decoder (zstd.h): frame after frame, skippable ones left out. A frame that wants a window larger
/// than 128 MiB, libzstd's own default for streams, is refused.
/// </summary>
public sealed unsafe class ZstdDecoder : IStreamDecoder
{
    private readonly ZstdContextHandle _context = new();

    public ZstdDecoder()
    {
        if (_context.IsInvalid)
        {
            throw new InsufficientMemoryException("zstd: no memory for a decoder");
        }
    }

    public bool IsAtEnd { get; private set; } = true;

    public (int Consumed, int Written) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        // Pinned for the call; libzstd keeps no pointer past it.
        fixed (byte* source = input)
        fixed (byte* destination = output)
        {
            var from = new ZSTD_inBuffer { src = source, size = (nuint)input.Length };
            var to = new ZSTD_outBuffer { dst = destination, size = (nuint)output.Length };
            using var context = new HandleLease(_context);
            nuint hint = ZSTD_decompressStream((ZSTD_DCtx*)context.Pointer, &to, &from);
            if (ZSTD_isError(hint) != 0)
            {
                throw new InvalidDataException("zstd: " + Marshal.PtrToStringUTF8((nint)ZSTD_getErrorName(hint)));
            }

            // Zero says that a frame is complete and flushed; without progress it says nothing new.
            if (from.pos > 0 || to.pos > 0)
            {
                IsAtEnd = hint == 0;
            }

            return ((int)from.pos, (int)to.pos);
        }
    }

    public void Dispose() => _context.Dispose();
}
