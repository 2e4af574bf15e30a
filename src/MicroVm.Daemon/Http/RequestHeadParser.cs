using System.Text;
using Microsoft.Extensions.Primitives;

namespace MicroVm.Daemon.Http;

/// <summary>
/// Parses a request head (RFC 9112, sections 3 and 5), and refuses what two parsers could read in two ways: folded
/// lines, blanks around names, both or several lengths, codings other than chunked.
/// </summary>
internal static class RequestHeadParser
{
    private const int MaxMethodLength = 32;

    /// <param name="head">Whole lines, each ended by CRLF, the last one empty (see <see cref="RequestHeadScanner"/>).</param>
    public static RequestHead Parse(ReadOnlySpan<byte> head, HttpLimits limits)
    {
        if (head.StartsWith("\r\n"u8))
        {
            head = head[2..];
        }

        ReadOnlySpan<byte> requestLine = NextLine(ref head);
        ParseRequestLine(requestLine, out string method, out RequestTarget target, out bool isHttp10);
        IHeaderDictionary headers = ParseHeaders(head, limits);
        return Interpret(method, target, isHttp10, headers);
    }

    private static ReadOnlySpan<byte> NextLine(ref ReadOnlySpan<byte> text)
    {
        int end = text.IndexOf("\r\n"u8);
        if (end < 0)
        {
            throw new MalformedRequestException("line without CRLF in the request head");
        }

        ReadOnlySpan<byte> line = text[..end];
        text = text[(end + 2)..];
        return line;
    }

    private static void ParseRequestLine(
        ReadOnlySpan<byte> line, out string method, out RequestTarget target, out bool isHttp10)
    {
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1)
        {
            throw new MalformedRequestException("malformed request line");
        }

        ReadOnlySpan<byte> name = line[..first];
        ReadOnlySpan<byte> path = line[(first + 1)..last];
        if (name.Length > MaxMethodLength || !HttpCharacters.IsToken(name) || path.ContainsAnyExcept(HttpCharacters.Visible))
        {
            throw new MalformedRequestException("malformed request line");
        }

        isHttp10 = IsHttp10(line[(last + 1)..]);
        method = Encoding.ASCII.GetString(name);
        target = RequestTarget.Parse(path);
        if (target.Raw == "*" && method != HttpMethods.Options)
        {
            throw new MalformedRequestException("malformed request target");
        }
    }

    private static bool IsHttp10(ReadOnlySpan<byte> version)
    {
        if (version.SequenceEqual("HTTP/1.1"u8))
        {
            return false;
        }

        if (version.SequenceEqual("HTTP/1.0"u8))
        {
            return true;
        }

        throw version.StartsWith("HTTP/"u8)
            ? new MalformedRequestException("HTTP version not supported", StatusCodes.Status505HttpVersionNotsupported)
            : new MalformedRequestException("malformed request line");
    }

    private static HeaderDictionary ParseHeaders(ReadOnlySpan<byte> text, HttpLimits limits)
    {
        var headers = new HeaderDictionary();
        int count = 0;
        while (true)
        {
            ReadOnlySpan<byte> line = NextLine(ref text);
            if (line.IsEmpty)
            {
                return text.IsEmpty ? headers : throw new MalformedRequestException("malformed request head");
            }

            if (++count > limits.MaxHeaderCount)
            {
                throw new MalformedRequestException("too many request headers", StatusCodes.Status431RequestHeaderFieldsTooLarge);
            }

            ParseHeader(line, headers);
        }
    }

    private static void ParseHeader(ReadOnlySpan<byte> line, HeaderDictionary headers)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || !HttpCharacters.IsToken(line[..colon]))
        {
            throw new MalformedRequestException("malformed request header");
        }

        ReadOnlySpan<byte> value = line[(colon + 1)..].Trim(" \t"u8);
        if (value.ContainsAny(HttpCharacters.ForbiddenInValue))
        {
            throw new MalformedRequestException("control character in a request header");
        }

        string name = Encoding.ASCII.GetString(line[..colon]);
        headers[name] = StringValues.Concat(headers[name], Encoding.Latin1.GetString(value));
    }

    private static RequestHead Interpret(string method, RequestTarget target, bool isHttp10, IHeaderDictionary headers)
    {
        CheckHost(headers.Host, isHttp10);
        bool chunked = IsChunked(headers.TransferEncoding, isHttp10);
        long? length = ParseContentLength(headers["Content-Length"]);
        if (chunked && length is not null)
        {
            throw new MalformedRequestException("both Content-Length and Transfer-Encoding");
        }

        bool close = HasToken(headers.Connection, "close");
        return new RequestHead
        {
            Method = method,
            Target = target,
            IsHttp10 = isHttp10,
            Headers = headers,
            ContentLength = length,
            IsChunked = chunked,
            ExpectsContinue = ExpectsContinue(headers.Expect) && !isHttp10,
            KeepAlive = !close && (!isHttp10 || HasToken(headers.Connection, "keep-alive")),
            WantsUpgrade = !isHttp10 && headers.Upgrade.Count > 0 && HasToken(headers.Connection, "upgrade"),
        };
    }

    private static void CheckHost(StringValues host, bool isHttp10)
    {
        if (host.Count > 1 || (host.Count == 0 && !isHttp10) || host.ToString().AsSpan().ContainsAny(" \t,/@"))
        {
            throw new MalformedRequestException("missing or malformed Host header");
        }
    }

    private static bool IsChunked(StringValues encoding, bool isHttp10)
    {
        if (encoding.Count == 0)
        {
            return false;
        }

        if (encoding.Count > 1 || isHttp10)
        {
            throw new MalformedRequestException("malformed Transfer-Encoding");
        }

        return string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase)
            ? true
            : throw new MalformedRequestException("unsupported Transfer-Encoding", StatusCodes.Status501NotImplemented);
    }

    private static long? ParseContentLength(StringValues values)
    {
        if (values.Count == 0)
        {
            return null;
        }

        string text = values[0]!;
        return values.Count == 1 && text.Length is > 0 and <= 18 && text.All(char.IsAsciiDigit)
            && long.TryParse(text, out long length)
            ? length
            : throw new MalformedRequestException("malformed Content-Length");
    }

    private static bool ExpectsContinue(StringValues expect)
    {
        if (expect.Count == 0)
        {
            return false;
        }

        return expect.Count == 1 && string.Equals(expect[0], "100-continue", StringComparison.OrdinalIgnoreCase)
            ? true
            : throw new MalformedRequestException("unsupported expectation", StatusCodes.Status417ExpectationFailed);
    }

    private static bool HasToken(StringValues values, string token)
    {
        foreach (string? value in values)
        {
            foreach (Range part in value.AsSpan().Split(','))
            {
                if (value.AsSpan()[part].Trim(" \t").Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
