using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;

namespace MicroVm.Daemon.Http;

/// <summary>Writes a status line and headers (RFC 9112, section 4).</summary>
internal static class ResponseHeadWriter
{
    private static readonly SearchValues<char> s_lineBreaks = SearchValues.Create("\r\n\0");

    /// <summary>Throws on a line break in a value: it would let the value write headers of its own.</summary>
    public static ReadOnlyMemory<byte> Write(int status, string? reason, IHeaderDictionary headers)
    {
        var text = new StringBuilder(256);
        text.Append("HTTP/1.1 ").Append(status).Append(' ').Append(reason ?? ReasonPhrases.GetReasonPhrase(status)).Append("\r\n");
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in headers)
        {
            foreach (string? value in values)
            {
                if (value.AsSpan().ContainsAny(s_lineBreaks))
                {
                    throw new InvalidOperationException($"line break in the value of response header {name}");
                }

                text.Append(name).Append(": ").Append(value).Append("\r\n");
            }
        }

        return Encoding.UTF8.GetBytes(text.Append("\r\n").ToString());
    }
}
