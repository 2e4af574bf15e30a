using System.Text;

namespace MicroVm.Daemon.Http;

/// <summary>The request target, split and decoded (RFC 9112, 3.2): origin form, or absolute form from a proxy.</summary>
/// <param name="Path">Percent-decoded, slashes (%2F) included, as Go's servers match it.</param>
/// <param name="Query">With its question mark, not decoded; or empty.</param>
internal readonly record struct RequestTarget(string Raw, string Path, string Query)
{
    private static readonly UTF8Encoding s_utf8 = new(false, throwOnInvalidBytes: true);

    public static RequestTarget Parse(ReadOnlySpan<byte> target)
    {
        string raw = Encoding.ASCII.GetString(target);
        if (raw == "*")
        {
            return new(raw, raw, "");
        }

        string origin = raw[0] == '/' ? raw : OriginOf(raw);
        if (origin.Contains('#', StringComparison.Ordinal))
        {
            throw new MalformedRequestException("fragment in the request target");
        }

        int query = origin.IndexOf('?', StringComparison.Ordinal);
        return query < 0
            ? new(raw, Decode(origin), "")
            : new(raw, Decode(origin[..query]), origin[query..]);
    }

    private static string OriginOf(string absolute)
    {
        const string scheme = "http://";
        if (!absolute.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) || absolute.Length == scheme.Length)
        {
            throw new MalformedRequestException("malformed request target");
        }

        int end = absolute.AsSpan(scheme.Length).IndexOfAny('/', '?');
        if (end == 0)
        {
            throw new MalformedRequestException("malformed request target");
        }

        string rest = end < 0 ? "" : absolute[(scheme.Length + end)..];
        return rest.StartsWith('/') ? rest : "/" + rest;
    }

    private static string Decode(string path)
    {
        if (!path.Contains('%', StringComparison.Ordinal))
        {
            return path;
        }

        byte[] bytes = new byte[path.Length];
        int length = 0;
        for (int i = 0; i < path.Length; i++)
        {
            bytes[length++] = path[i] == '%' ? DecodeByte(path, ref i) : (byte)path[i];
        }

        try
        {
            return s_utf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedRequestException("request path is not UTF-8");
        }
    }

    private static byte DecodeByte(string path, ref int index)
    {
        if (index + 2 >= path.Length || !char.IsAsciiHexDigit(path[index + 1]) || !char.IsAsciiHexDigit(path[index + 2]))
        {
            throw new MalformedRequestException("malformed percent escape in the request path");
        }

        byte value = Convert.FromHexString(path.AsSpan(index + 1, 2))[0];
        index += 2;
        return value >= 0x20 ? value : throw new MalformedRequestException("control character in the request path");
    }
}
