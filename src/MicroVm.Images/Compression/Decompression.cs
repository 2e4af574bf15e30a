using MicroVm.Images.Files;
using MicroVm.Interop.Bzip2;
using MicroVm.Interop.Compression;
using MicroVm.Interop.Xz;
using MicroVm.Interop.Zstd;

namespace MicroVm.Images.Compression;

/// <summary>
/// The uncompressed content of a stream, whatever it is compressed with. Before its end is reported the source has been
/// read to its own end, so that a source that checks itself there has done so.
/// </summary>
internal sealed class Decompression : ReadOnlyStream
{
    private readonly Stream _source;
    private readonly Stream _decoder;
    private readonly long _limit;
    private long _position;

    private Decompression(Stream source, Stream decoder, CompressionFormat format, long limit)
    {
        _source = source;
        _decoder = decoder;
        _limit = limit;
        Format = format;
    }

    public CompressionFormat Format { get; }

    /// <param name="limit">Most bytes that it may give: a decompression bomb ends there.</param>
    /// <exception cref="ImageException">From reads: Invalid, when the data is damaged, cut short, or too long.</exception>
    public static async Task<Decompression> OpenAsync(Stream source, long limit, CancellationToken cancellationToken)
    {
        byte[] head = new byte[CompressionMagic.Length];
        int length = await source.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellationToken);
        CompressionFormat format = CompressionMagic.Of(head.AsSpan(0, length));
        var whole = new PrefixedStream(head.AsMemory(0, length), source);
        return new(whole, Decoder(format, whole), format, limit);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = await DecodeAsync(buffer, cancellationToken);
        _position += count;
        if (_position > _limit)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"the uncompressed data is larger than the limit of {_limit} bytes");
        }

        if (count == 0 && !buffer.IsEmpty)
        {
            await DrainAsync(cancellationToken);
        }

        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _decoder.Dispose();
        }

        base.Dispose(disposing);
    }

    private static Stream Decoder(CompressionFormat format, Stream source)
    {
        try
        {
            return format switch
            {
                CompressionFormat.Gzip => new WholeGzipStream(source),
                CompressionFormat.Zstd => Native(source, new ZstdDecoder()),
                CompressionFormat.Xz => Native(source, new XzDecoder()),
                CompressionFormat.Bzip2 => Native(source, new Bzip2Decoder()),
                _ => source,
            };
        }
        catch (DllNotFoundException e)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"{format} data can't be read: its system library is not installed", e);
        }
    }

    private static DecoderStream Native(Stream source, IStreamDecoder decoder) => new(source, decoder);

    private async ValueTask<int> DecodeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _decoder.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new ImageException(ImageErrorKind.Invalid, $"invalid {Format} data: {OneLine.Of(e.Message)}", e);
        }
    }

    private async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        byte[] scrap = new byte[4096];
        while (await _source.ReadAsync(scrap, cancellationToken) > 0)
        {
        }
    }
}
