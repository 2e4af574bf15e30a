using System.Buffers;

namespace MicroVm.Daemon.Http;

/// <summary>
/// Finds the end of a request head in bytes that arrive piecemeal, looking at each byte once. Lines end with CRLF and
/// nothing else: a lone LF is where proxies and servers disagree (request smuggling).
/// </summary>
internal struct RequestHeadScanner(HttpLimits limits)
{
    private readonly long _maxRequestLine = limits.MaxRequestLine + 2L;
    private readonly long _maxHeaders = limits.MaxHeaders;
    private long _scanned;
    private long _lineStart;
    private long _requestLineEnd;

    /// <summary>True with the length of the head, the empty line included.</summary>
    /// <param name="buffer">Starts where it started in earlier calls and is longer.</param>
    public bool TryFindEnd(in ReadOnlySequence<byte> buffer, out long length)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.Advance(_scanned);
        while (reader.TryAdvanceTo((byte)'\n'))
        {
            if (EndLine(buffer, reader.Consumed))
            {
                length = reader.Consumed;
                return true;
            }
        }

        _scanned = buffer.Length;
        CheckLimits(_scanned);
        length = 0;
        return false;
    }

    private bool EndLine(in ReadOnlySequence<byte> buffer, long lineEnd)
    {
        CheckLimits(lineEnd);
        long lineLength = lineEnd - _lineStart;
        if (lineLength < 2 || buffer.ByteAt(lineEnd - 2) != '\r')
        {
            throw new MalformedRequestException("line without CRLF in the request head");
        }

        _lineStart = lineEnd;
        _scanned = lineEnd;
        if (_requestLineEnd == 0)
        {
            // RFC 9112, 2.2: an empty line before the request line is skipped (one, by us).
            _requestLineEnd = lineLength == 2 && lineEnd == 2 ? 0 : lineEnd;
            return false;
        }

        return lineLength == 2;
    }

    private readonly void CheckLimits(long end)
    {
        if (_requestLineEnd == 0 && end > _maxRequestLine + 2)
        {
            throw new MalformedRequestException("request line too long", StatusCodes.Status414UriTooLong);
        }

        if (_requestLineEnd != 0 && end - _requestLineEnd > _maxHeaders + 2)
        {
            throw new MalformedRequestException("request headers too large", StatusCodes.Status431RequestHeaderFieldsTooLarge);
        }
    }
}
