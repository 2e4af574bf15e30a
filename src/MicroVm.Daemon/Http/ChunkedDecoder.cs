using System.Buffers;
using System.Globalization;

namespace MicroVm.Daemon.Http;

/// <summary>
/// The chunked coding (RFC 9112, 7.1), decoded from bytes that arrive piecemeal. Chunk extensions and trailers are
/// skipped, both bounded.
/// </summary>
internal struct ChunkedDecoder
{
    private const int MaxSizeLine = 1024;
    private const int MaxTrailers = 16 * 1024;

    private State _state;
    private long _remaining;
    private int _trailerBytes;

    private enum State
    {
        Size,
        Data,
        DataEnd,
        Trailers,
        Done,
    }

    public readonly bool IsDone => _state == State.Done;

    /// <summary>
    /// Consumes from the front of <paramref name="input"/> what it can use, and returns how many bytes it put into
    /// <paramref name="output"/>; 0 when it needs more input, or is done.
    /// </summary>
    public int Decode(ref ReadOnlySequence<byte> input, Span<byte> output)
    {
        int written = 0;
        while (Step(ref input, output[written..], ref written))
        {
        }

        return written;
    }

    private bool Step(ref ReadOnlySequence<byte> input, Span<byte> output, ref int written) => _state switch
    {
        State.Size => ReadSize(ref input),
        State.Data => ReadData(ref input, output, ref written),
        State.DataEnd => ReadDataEnd(ref input),
        State.Trailers => ReadTrailer(ref input),
        _ => false,
    };

    private bool ReadSize(ref ReadOnlySequence<byte> input)
    {
        if (!TryReadLine(ref input, MaxSizeLine, out ReadOnlySequence<byte> line))
        {
            return false;
        }

        Span<byte> text = stackalloc byte[MaxSizeLine];
        line.CopyTo(text);
        _remaining = ParseSize(text[..(int)line.Length]);
        _state = _remaining == 0 ? State.Trailers : State.Data;
        return true;
    }

    private static long ParseSize(ReadOnlySpan<byte> line)
    {
        int end = line.IndexOf((byte)';');
        ReadOnlySpan<byte> digits = end < 0 ? line : line[..end].TrimEnd(" \t"u8);
        if (digits.Length is 0 or > 15 || digits.ContainsAnyExcept(HttpCharacters.HexDigits)
            || line.ContainsAny(HttpCharacters.ForbiddenInValue))
        {
            throw new MalformedRequestException("malformed chunk size");
        }

        return long.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }

    private bool ReadData(ref ReadOnlySequence<byte> input, Span<byte> output, ref int written)
    {
        int count = (int)Math.Min(Math.Min(_remaining, input.Length), output.Length);
        if (count == 0)
        {
            return false;
        }

        input.Slice(0, count).CopyTo(output);
        input = input.Slice(count);
        written += count;
        _remaining -= count;
        _state = _remaining == 0 ? State.DataEnd : State.Data;
        return true;
    }

    private bool ReadDataEnd(ref ReadOnlySequence<byte> input)
    {
        if (input.Length < 2)
        {
            return false;
        }

        Span<byte> end = stackalloc byte[2];
        input.Slice(0, 2).CopyTo(end);
        if (!end.SequenceEqual("\r\n"u8))
        {
            throw new MalformedRequestException("chunk without CRLF at its end");
        }

        input = input.Slice(2);
        _state = State.Size;
        return true;
    }

    private bool ReadTrailer(ref ReadOnlySequence<byte> input)
    {
        if (!TryReadLine(ref input, MaxTrailers, out ReadOnlySequence<byte> line))
        {
            return false;
        }

        _trailerBytes += (int)line.Length + 2;
        if (_trailerBytes > MaxTrailers)
        {
            throw new MalformedRequestException("trailers too large", StatusCodes.Status431RequestHeaderFieldsTooLarge);
        }

        _state = line.IsEmpty ? State.Done : State.Trailers;
        return true;
    }

    private static bool TryReadLine(ref ReadOnlySequence<byte> input, int max, out ReadOnlySequence<byte> line)
    {
        var reader = new SequenceReader<byte>(input);
        if (!reader.TryReadTo(out line, (byte)'\n'))
        {
            return input.Length <= max ? false : throw new MalformedRequestException("line too long in a chunked body");
        }

        long length = line.Length - 1;
        if (length < 0 || length > max || line.ByteAt(length) != '\r')
        {
            throw new MalformedRequestException("line without CRLF in a chunked body");
        }

        line = line.Slice(0, length);
        input = input.Slice(reader.Consumed);
        return true;
    }
}
