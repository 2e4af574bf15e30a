using System.IO.Compression;
using System.Security.Cryptography;
using MicroVm.Images.Files;

namespace MicroVm.Images.Compression;

/// <summary>
/// gzip, member after member, that must end where a member ends. <see cref="GZipStream"/> takes a stream that is cut
/// short, or followed by garbage, for a whole one. So one member more, which holds a random mark, is put after the
/// source: only if the decoder was at a member's end does the mark come out, as the last bytes. They are held back.
/// </summary>
internal sealed class WholeGzipStream : ReadOnlyStream
{
    private const int MarkLength = 16;

    // GZipStream asks for 8 KiB at a time, and each read of a source that hashes and keeps what passes has its price.
    private const int InputSize = 128 << 10;

    private readonly byte[] _mark = RandomNumberGenerator.GetBytes(MarkLength);
    private readonly byte[] _held = new byte[MarkLength];
    private readonly GZipStream _decoder;
    private byte[]? _small;
    private int _smallStart;
    private int _smallEnd;
    private bool _begun;
    private bool _ended;

    public WholeGzipStream(Stream source) =>
        _decoder = new(new AppendedStream(new BufferedStream(source, InputSize), Member(_mark)), CompressionMode.Decompress);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_smallStart == _smallEnd && buffer.Length > MarkLength)
        {
            return await DecodeAsync(buffer, cancellationToken);
        }

        if (_smallStart == _smallEnd && !buffer.IsEmpty)
        {
            _small ??= new byte[4096];
            (_smallStart, _smallEnd) = (0, await DecodeAsync(_small, cancellationToken));
        }

        int count = Math.Min(buffer.Length, _smallEnd - _smallStart);
        _small.AsMemory(_smallStart, count).CopyTo(buffer);
        _smallStart += count;
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

    // The bytes held back go to the front of the buffer, and as many are held back from its end.
    private async ValueTask<int> DecodeAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_ended || (!_begun && !await BeginAsync(cancellationToken)))
        {
            return 0;
        }

        int count = await _decoder.ReadAsync(buffer[MarkLength..], cancellationToken);
        if (count == 0)
        {
            RequireMark(_held);
            return 0;
        }

        _held.CopyTo(buffer);
        buffer.Slice(count, MarkLength).CopyTo(_held);
        return count;
    }

    private async ValueTask<bool> BeginAsync(CancellationToken cancellationToken)
    {
        _begun = true;
        int count = await _decoder.ReadAtLeastAsync(_held, MarkLength, throwOnEndOfStream: false, cancellationToken);
        if (count < MarkLength)
        {
            RequireMark(_held.AsSpan(0, count));
        }

        return count == MarkLength;
    }

    private void RequireMark(ReadOnlySpan<byte> last)
    {
        _ended = true;
        if (!last.SequenceEqual(_mark))
        {
            throw new InvalidDataException("the compressed data is cut short, or something follows it");
        }
    }

    private static byte[] Member(byte[] content)
    {
        using var member = new MemoryStream();
        using (var encoder = new GZipStream(member, CompressionLevel.NoCompression))
        {
            encoder.Write(content);
        }

        return member.ToArray();
    }

    private sealed class AppendedStream(Stream source, byte[] end) : ReadOnlyStream
    {
        private int _position = -1;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_position < 0)
            {
                int read = await source.ReadAsync(buffer, cancellationToken);
                if (read > 0 || buffer.IsEmpty)
                {
                    return read;
                }

                _position = 0;
            }

            int count = Math.Min(buffer.Length, end.Length - _position);
            end.AsMemory(_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }
    }
}
