using System.Buffers;
using MicroVm.Images.Files;
using MicroVm.Interop.Compression;

namespace MicroVm.Images.Compression;

/// <summary>What a native decoder makes of a source.</summary>
internal sealed class DecoderStream(Stream source, IStreamDecoder decoder) : ReadOnlyStream
{
    private const int InputSize = 128 << 10;

    private byte[]? _input = ArrayPool<byte>.Shared.Rent(InputSize);
    private int _start;
    private int _end;
    private bool _sourceEnded;
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_input is null, this);
        while (!buffer.IsEmpty && !_ended)
        {
            // With an empty input first: the decoder may hold output that had no room before.
            (int consumed, int written) = decoder.Decode(_input.AsSpan(_start, _end - _start), buffer.Span);
            _start += consumed;
            if (written > 0)
            {
                return written;
            }

            if (consumed == 0 && !await FillAsync(cancellationToken))
            {
                _ended = decoder.IsAtEnd && _start == _end
                    ? true
                    : throw new InvalidDataException("the compressed data is cut short");
            }
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _input is not null)
        {
            decoder.Dispose();
            ArrayPool<byte>.Shared.Return(_input);
            _input = null;
        }

        base.Dispose(disposing);
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_sourceEnded)
        {
            return false;
        }

        _input.AsSpan(_start, _end - _start).CopyTo(_input);
        _end -= _start;
        _start = 0;
        int count = _end < _input!.Length ? await source.ReadAsync(_input.AsMemory(_end), cancellationToken) : 0;
        _sourceEnded = count == 0;
        _end += count;
        return count > 0;
    }
}
