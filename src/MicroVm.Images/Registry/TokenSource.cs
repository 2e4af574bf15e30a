using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using MicroVm.Images.Files;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// Bearer tokens from a registry's realm: anonymous or with Basic credentials (GET), or for an identity token (POST,
/// OAuth 2 refresh). Kept until shortly before they expire.
/// </summary>
internal sealed class TokenSource(RegistryHttp http)
{
    private const int MaxAnswer = 1 << 20;
    private const int MaxCached = 1024;
    private const int DefaultLifetimeSeconds = 60;
    private const string ClientId = "mvm";

    private readonly ConcurrentDictionary<TokenKey, Token> _cache = new();

    /// <param name="rejected">A token that was just refused, so the cache must not give it again.</param>
    /// <exception cref="RegistryFailure">The realm refuses, or can't be reached.</exception>
    public async Task<string> GetAsync(
        AuthChallenge challenge, string scope, RegistryCredentials? credentials, RegistryEndpoint registry, string? rejected,
        CancellationToken cancellationToken)
    {
        var key = new TokenKey(challenge.Realm!, challenge.Service, scope, credentials);
        if (_cache.TryGetValue(key, out Token? cached) && cached.Value != rejected && cached.Expiry > DateTime.UtcNow)
        {
            return cached.Value;
        }

        Uri realm = RealmOf(challenge, registry);
        Token token = await FetchAsync(realm, key, cancellationToken);
        Remember(key, token);
        return token.Value;
    }

    private Uri RealmOf(AuthChallenge challenge, RegistryEndpoint registry)
    {
        if (!Uri.TryCreate(challenge.Realm, UriKind.Absolute, out Uri? realm) || !TargetRules.MayFollow(realm, registry, http.Options))
        {
            throw RegistryFailure.Refused(
                HttpStatusCode.Unauthorized, "UNAUTHORIZED",
                $"registry {registry.Authority} names a token server that is not trusted: '{OneLine.Of(challenge.Realm)}' (it must use https)");
        }

        return realm;
    }

    private async Task<Token> FetchAsync(Uri realm, TokenKey key, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = key.Credentials?.IdentityToken is { Length: > 0 } refresh
            ? OAuthRequest(realm, key, refresh)
            : TokenRequest(realm, key);
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(http.Options.StallTimeout);
        try
        {
            using HttpResponseMessage response = await http.For(realm)
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
            if (!response.IsSuccessStatusCode)
            {
                throw await RefusalAsync(response, realm, deadline.Token);
            }

            return ParseToken(await BoundedRead.AllAsync(response, MaxAnswer, http.Options.StallTimeout, deadline.Token));
        }
        catch (HttpRequestException e)
        {
            throw RegistryFailure.FromTransport(e, realm);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryFailure.Stalled(realm);
        }
    }

    private async Task<RegistryFailure> RefusalAsync(HttpResponseMessage response, Uri realm, CancellationToken cancellationToken) =>
        response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest
            ? RegistryFailure.Refused(HttpStatusCode.Unauthorized, "UNAUTHORIZED", "unauthorized: incorrect username or password")
            : await RegistryFailure.FromResponseAsync(response, realm, http.Options.StallTimeout, cancellationToken);

    private static HttpRequestMessage TokenRequest(Uri realm, TokenKey key)
    {
        var query = new StringBuilder(realm.Query.TrimStart('?'));
        Append(query, "service", key.Service);
        Append(query, "scope", key.Scope);
        Append(query, "account", key.Credentials?.Username);
        var request = new HttpRequestMessage(HttpMethod.Get, new UriBuilder(realm) { Query = query.ToString() }.Uri);
        request.Headers.Authorization = BasicOf(key.Credentials);
        return request;
    }

    private static HttpRequestMessage OAuthRequest(Uri realm, TokenKey key, string refreshToken)
    {
        var form = new Dictionary<string, string>
        {
            ["grant_type"] = "refresh_token",
            ["refresh_token"] = refreshToken,
            ["client_id"] = ClientId,
            ["scope"] = key.Scope,
            ["service"] = key.Service ?? "",
        };
        return new(HttpMethod.Post, realm) { Content = new FormUrlEncodedContent(form) };
    }

    /// <summary>Null without a user name.</summary>
    public static AuthenticationHeaderValue? BasicOf(RegistryCredentials? credentials) =>
        string.IsNullOrEmpty(credentials?.Username)
            ? null
            : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}")));

    private static void Append(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length == 0 ? "" : "&").Append(CultureInfo.InvariantCulture, $"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private static Token ParseToken(byte[] answer) => JsonRead.Parse(answer, "answer of the token server", root =>
    {
        string? text = root.Text("token") is { Length: > 0 } token ? token : root.Text("access_token");
        if (string.IsNullOrEmpty(text) || text.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new FormatException("it holds no token");
        }

        long lifetime = root.Number("expires_in") is > 0 and var seconds ? Math.Min(seconds, 86400) : DefaultLifetimeSeconds;

        // A tenth is taken off, so that no token dies on its way.
        return new Token(text, DateTime.UtcNow + (TimeSpan.FromSeconds(lifetime) * 0.9));
    });

    private void Remember(TokenKey key, Token token)
    {
        if (_cache.Count >= MaxCached)
        {
            _cache.Clear();
        }

        _cache[key] = token;
    }

    private sealed record TokenKey(string Realm, string? Service, string Scope, RegistryCredentials? Credentials);

    private sealed record Token(string Value, DateTime Expiry);
}
