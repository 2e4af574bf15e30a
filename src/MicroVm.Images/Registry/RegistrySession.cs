using System.Net;
using System.Net.Http.Headers;
using MicroVm.Images.Files;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// Talks to one endpoint about one repository (OCI distribution-spec, "Pull", "Push"): finds out the scheme, answers
/// challenges, follows redirects. Credentials go to the registry and its token realm, never to where it redirects.
/// </summary>
/// <param name="repository">Empty: the registry itself, to see whether it knows who asks.</param>
/// <param name="actions">What a token must allow: <c>pull</c>, or <c>pull,push</c>.</param>
internal sealed class RegistrySession(
    RegistryEndpoint endpoint, string repository, RegistryCredentials? credentials, RegistryHttp http, TokenSource tokens,
    string actions = "pull")
{
    private const int MaxRedirects = 5;

    private Uri? _base;
    private volatile AuthenticationHeaderValue? _authorization;

    public RegistryEndpoint Endpoint => endpoint;

    public RegistryOptions Options => http.Options;

    /// <summary>The response to a GET below <c>/v2/REPOSITORY/</c>, its body not yet read; status 200 or 206.</summary>
    /// <param name="path"><c>manifests/latest</c>, <c>blobs/sha256:…</c>.</param>
    /// <exception cref="RegistryFailure">Anything else.</exception>
    public Task<HttpResponseMessage> GetAsync(string path, IReadOnlyList<string> accept, long offset, CancellationToken cancellationToken) =>
        SendAsync(new(HttpMethod.Get, path) { Accept = accept, Offset = offset }, cancellationToken);

    /// <summary>The response to any request below <c>/v2/REPOSITORY/</c>, its body not yet read; a status of success.</summary>
    /// <exception cref="RegistryFailure">Anything else.</exception>
    public async Task<HttpResponseMessage> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        if (_base is not null)
        {
            return await AuthorizedAsync(AddressOf(_base, request), request, cancellationToken);
        }

        RegistryFailure? mismatch = null;
        foreach (Uri candidate in endpoint.Bases)
        {
            try
            {
                HttpResponseMessage response = await AuthorizedAsync(AddressOf(candidate, request), request, cancellationToken);
                _base = candidate;
                return response;
            }
            catch (RegistryFailure e) when (candidate != endpoint.Bases[^1] && IsOtherScheme(e, candidate))
            {
                mismatch = e;
            }
            catch (RegistryFailure e) when (mismatch is not null && e.IsUnreachable)
            {
                throw mismatch;
            }
        }

        throw new InvalidOperationException("an endpoint has at least one address");
    }

    /// <summary>As <see cref="SendAsync(RegistryRequest, CancellationToken)"/>, to where the registry said that an upload goes on.</summary>
    /// <param name="location">Of its response; absolute, or relative to the registry.</param>
    public Task<HttpResponseMessage> SendAsync(Uri location, RegistryRequest request, CancellationToken cancellationToken)
    {
        Uri origin = _base ?? throw new InvalidOperationException("an upload begins with a request of the registry");
        var target = new Uri(origin, location);
        if (!TargetRules.MayFollow(target, endpoint, http.Options))
        {
            throw Untrusted("sends an upload", target);
        }

        bool isOwn = target.Scheme == origin.Scheme && target.Authority == origin.Authority;
        return isOwn
            ? AuthorizedAsync(target, request, cancellationToken)
            : CheckedAsync(FollowAsync(target, request, authorization: null, cancellationToken), target, cancellationToken);
    }

    /// <summary>GET of an absolute address, without credentials: the urls of a foreign layer.</summary>
    public Task<HttpResponseMessage> GetForeignAsync(Uri address, long offset, CancellationToken cancellationToken) =>
        TargetRules.MayFollow(address, endpoint, http.Options)
            ? CheckedAsync(FollowAsync(address, new(HttpMethod.Get, "") { Offset = offset }, authorization: null, cancellationToken), address, cancellationToken)
            : throw RegistryFailure.Refused(
                HttpStatusCode.Forbidden, "", $"registry {endpoint.Authority} points to an address that is not trusted: {OneLine.Of(address.ToString())}");

    // A Go server with TLS answers plain HTTP with 400.
    private static bool IsOtherScheme(RegistryFailure failure, Uri candidate) => failure.MayBeSchemeMismatch
        || (candidate.Scheme == Uri.UriSchemeHttp && failure.Status == HttpStatusCode.BadRequest && failure.Code.Length == 0);

    private Uri AddressOf(Uri @base, RegistryRequest request) => new(@base, repository.Length == 0 ? "v2/" : $"v2/{repository}/{request.Path}");

    private async Task<HttpResponseMessage> AuthorizedAsync(Uri address, RegistryRequest request, CancellationToken cancellationToken)
    {
        AuthenticationHeaderValue? sent = _authorization;
        HttpResponseMessage response = await FollowAsync(address, request, sent, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            AuthChallenge? challenge = AuthChallenge.From(response.Headers.WwwAuthenticate);
            RegistryFailure refusal = await FailureAsync(response, address, cancellationToken);
            AuthenticationHeaderValue answer = await AnswerAsync(challenge, sent, address, refusal, cancellationToken);
            _authorization = answer;
            response = await FollowAsync(address, request, answer, cancellationToken);
        }

        return await CheckedAsync(Task.FromResult(response), address, cancellationToken);
    }

    private async Task<AuthenticationHeaderValue> AnswerAsync(
        AuthChallenge? challenge, AuthenticationHeaderValue? sent, Uri address, RegistryFailure refusal, CancellationToken cancellationToken)
    {
        if (challenge is null)
        {
            throw refusal;
        }

        if (challenge.IsBearer)
        {
            string? rejected = sent?.Scheme == "Bearer" ? sent.Parameter : null;
            return new("Bearer", await tokens.GetAsync(
                challenge, repository.Length == 0 ? "" : $"repository:{repository}:{actions}", credentials, endpoint, rejected, cancellationToken));
        }

        // The same credentials a second time would fail the same way.
        if (sent is not null)
        {
            throw refusal;
        }

        return TokenSource.BasicOf(credentials) ?? throw RegistryFailure.Refused(
            HttpStatusCode.Unauthorized, "UNAUTHORIZED", $"Get \"{address}\": no basic auth credentials");
    }

    private async Task<HttpResponseMessage> CheckedAsync(
        Task<HttpResponseMessage> sending, Uri address, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await sending;
        return response.IsSuccessStatusCode
            ? response
            : throw await FailureAsync(response, address, cancellationToken);
    }

    private async Task<RegistryFailure> FailureAsync(HttpResponseMessage response, Uri address, CancellationToken cancellationToken)
    {
        using (response)
        {
            bool insufficient = AuthChallenge.From(response.Headers.WwwAuthenticate)?.Error == "insufficient_scope";
            return insufficient
                ? RegistryFailure.Refused(HttpStatusCode.Forbidden, "DENIED", "denied: requested access to the resource is denied")
                : await RegistryFailure.FromResponseAsync(response, address, http.Options.StallTimeout, cancellationToken);
        }
    }

    private async Task<HttpResponseMessage> FollowAsync(
        Uri address, RegistryRequest request, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        Uri origin = address;
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            bool isOrigin = address.Scheme == origin.Scheme && address.Authority == origin.Authority;
            HttpResponseMessage response = await SendOnceAsync(address, request, isOrigin ? authorization : null, cancellationToken);
            if (!request.MayBeRedirected || (int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
            {
                return response;
            }

            using (response)
            {
                address = RedirectTarget(address, response.Headers.Location);
            }
        }

        throw RegistryFailure.Refused(HttpStatusCode.Forbidden, "", $"Get \"{origin}\": stopped after {MaxRedirects} redirects");
    }

    private Uri RedirectTarget(Uri from, Uri? location)
    {
        Uri? target = location is null ? null : new Uri(from, location);
        return target is not null && TargetRules.MayFollow(target, endpoint, http.Options)
            ? target
            : throw Untrusted("redirects", target);
    }

    private RegistryFailure Untrusted(string what, Uri? target) => RegistryFailure.Refused(
        HttpStatusCode.Forbidden, "",
        $"registry {endpoint.Authority} {what} to an address that is not trusted: '{OneLine.Of(target?.GetLeftPart(UriPartial.Path))}'");

    private async Task<HttpResponseMessage> SendOnceAsync(
        Uri address, RegistryRequest request, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using HttpRequestMessage message = Message(address, request, () => deadline.CancelAfter(http.Options.StallTimeout));
        message.Headers.Authorization = authorization;
        deadline.CancelAfter(http.Options.StallTimeout);
        try
        {
            return await http.For(address).SendAsync(message, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
        }
        catch (HttpRequestException e)
        {
            throw RegistryFailure.FromTransport(e, address);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryFailure.Stalled(address);
        }
    }

    private static HttpRequestMessage Message(Uri address, RegistryRequest request, Action advanced)
    {
        var message = new HttpRequestMessage(request.Method, address) { Content = request.Content?.Invoke(advanced) };
        foreach (string mediaType in request.Accept)
        {
            message.Headers.Accept.Add(new(mediaType));
        }

        if (request.Offset > 0)
        {
            message.Headers.Range = new(request.Offset, null);
        }

        return message;
    }
}
