using System.Net.Http.Headers;

namespace MicroVm.Images.Registry;

/// <summary>What a 401 asks for: a Bearer token from a realm, or Basic credentials (RFC 9110, section 11; distribution-spec's token authentication).</summary>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    private const int MaxParameters = 16;

    public bool IsBearer => Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase);

    public bool IsBasic => Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase);

    public string? Realm => Parameters.GetValueOrDefault("realm");

    public string? Service => Parameters.GetValueOrDefault("service");

    public string? Error => Parameters.GetValueOrDefault("error");

    /// <summary>The challenge that we can answer, Bearer before Basic; null when there is none.</summary>
    public static AuthChallenge? From(HttpHeaderValueCollection<AuthenticationHeaderValue> headers)
    {
        List<AuthChallenge> challenges = [.. headers.Select(header => new AuthChallenge(header.Scheme, ParseParameters(header.Parameter)))];
        return challenges.Find(challenge => challenge.IsBearer && challenge.Realm is not null)
            ?? challenges.Find(challenge => challenge.IsBasic);
    }

    /// <summary>Reads <c>name=token, name="quoted"</c>, leaving out what is malformed.</summary>
    internal static IReadOnlyDictionary<string, string> ParseParameters(string? text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        ReadOnlySpan<char> rest = text;
        while (!rest.IsEmpty && parameters.Count < MaxParameters)
        {
            int equals = rest.IndexOf('=');
            if (equals < 0)
            {
                break;
            }

            string name = rest[..equals].Trim(" ,\t").ToString();
            rest = rest[(equals + 1)..].TrimStart();
            parameters[name] = rest.StartsWith("\"") ? TakeQuoted(ref rest) : TakeToken(ref rest);
        }

        return parameters;
    }

    private static string TakeToken(ref ReadOnlySpan<char> rest)
    {
        int end = rest.IndexOf(',');
        ReadOnlySpan<char> token = end < 0 ? rest : rest[..end];
        rest = rest[token.Length..];
        return token.Trim().ToString();
    }

    private static string TakeQuoted(ref ReadOnlySpan<char> rest)
    {
        var value = new System.Text.StringBuilder();
        int i = 1;
        for (; i < rest.Length && rest[i] != '"'; i++)
        {
            if (rest[i] == '\\' && i + 1 < rest.Length)
            {
                i++;
            }

            value.Append(rest[i]);
        }

        rest = rest[Math.Min(i + 1, rest.Length)..];
        return value.ToString();
    }
}
