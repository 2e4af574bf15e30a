using System.Globalization;
using System.Text;

namespace MicroVm.Cli.Http;

/// <summary>No length given: to the connection's end (also the raw stream after 101).</summary>
internal sealed class UntilCloseBody(InputBuffer input) : IResponseBody
{
    public int Read(Span<byte> buffer) => input.Read(buffer);
}

/// <summary>Content-Length.</summary>
internal sealed class FixedBody(InputBuffer input, long length) : IResponseBody
{
    private long _left = length;

    public int Read(Span<byte> buffer)
    {
        if (_left == 0)
        {
            return 0;
        }

        int count = input.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count > 0 ? count : throw new ProtocolException("connection closed in the middle of an answer");
    }
}

/// <summary>Transfer-Encoding: chunked.</summary>
internal sealed class ChunkedBody(InputBuffer input) : IResponseBody
{
    private const int MaximumLine = 4096;
    private const int MaximumTrailers = 100;

    private long _left;
    private bool _inChunk;
    private bool _ended;

    public int Read(Span<byte> buffer)
    {
        if (_ended || buffer.IsEmpty)
        {
            return 0;
        }

        if (_left == 0)
        {
            NextChunk();
            if (_ended)
            {
                return 0;
            }
        }

        int count = input.Read(buffer[..(int)Math.Min(buffer.Length, _left)]);
        _left -= count;
        return count > 0 ? count : throw new ProtocolException("connection closed in the middle of an answer");
    }

    private void NextChunk()
    {
        if (_inChunk && !input.ReadLine(MaximumLine).IsEmpty)
        {
            throw new ProtocolException("malformed chunk");
        }

        _inChunk = true;
        _left = ParseSize(input.ReadLine(MaximumLine));
        if (_left == 0)
        {
            SkipTrailers();
            _ended = true;
        }
    }

    private void SkipTrailers()
    {
        for (int count = 0; !input.ReadLine(MaximumLine).IsEmpty; count++)
        {
            if (count == MaximumTrailers)
            {
                throw new ProtocolException("too many trailers");
            }
        }
    }

    private static long ParseSize(ReadOnlySpan<byte> line)
    {
        int extension = line.IndexOf((byte)';');
        string digits = Encoding.Latin1.GetString(extension < 0 ? line : line[..extension]).Trim();
        return long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long size) && size >= 0
            ? size
            : throw new ProtocolException("malformed chunk size");
    }
}

/// <summary>204, 304, an answer to HEAD.</summary>
internal sealed class EmptyBody : IResponseBody
{
    public int Read(Span<byte> buffer) => 0;
}
