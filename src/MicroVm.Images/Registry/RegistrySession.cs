using System.Net;
using System.Net.Http.Headers;
using MicroVm.Images.Files;
using MicroVm.Images.Store;

namespace MicroVm.Images.Registry;

/// <summary>
/// Talks to one endpoint about one repository (OCI distribution-spec, "Pull"): finds out the scheme, answers
/// challenges, follows redirects. Credentials go to the registry and its token realm, never to where it redirects.
/// </summary>
internal sealed class RegistrySession(
    RegistryEndpoint endpoint, string repository, RegistryCredentials? credentials, RegistryHttp http, TokenSource tokens)
{
    private const int MaxRedirects = 5;

    private Uri? _base;
    private volatile AuthenticationHeaderValue? _authorization;

    public RegistryEndpoint Endpoint => endpoint;

    public RegistryOptions Options => http.Options;

    /// <summary>The response to a GET below <c>/v2/REPOSITORY/</c>, its body not yet read; status 200 or 206.</summary>
    /// <param name="path"><c>manifests/latest</c>, <c>blobs/sha256:…</c>.</param>
    /// <exception cref="RegistryFailure">Anything else.</exception>
    public async Task<HttpResponseMessage> GetAsync(
        string path, IReadOnlyList<string> accept, long offset, CancellationToken cancellationToken)
    {
        var query = new Query(path, accept, offset);
        if (_base is not null)
        {
            return await AuthorizedAsync(_base, query, cancellationToken);
        }

        RegistryFailure? mismatch = null;
        foreach (Uri candidate in endpoint.Bases)
        {
            try
            {
                HttpResponseMessage response = await AuthorizedAsync(candidate, query, cancellationToken);
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

    /// <summary>GET of an absolute address, without credentials: the urls of a foreign layer.</summary>
    public Task<HttpResponseMessage> GetForeignAsync(Uri address, long offset, CancellationToken cancellationToken) =>
        TargetRules.MayFollow(address, endpoint, http.Options)
            ? CheckedAsync(FollowAsync(address, new Query("", [], offset), authorization: null, cancellationToken), address, cancellationToken)
            : throw RegistryFailure.Refused(
                HttpStatusCode.Forbidden, "", $"registry {endpoint.Authority} points to an address that is not trusted: {OneLine.Of(address.ToString())}");

    // A Go server with TLS answers plain HTTP with 400.
    private static bool IsOtherScheme(RegistryFailure failure, Uri candidate) => failure.MayBeSchemeMismatch
        || (candidate.Scheme == Uri.UriSchemeHttp && failure.Status == HttpStatusCode.BadRequest && failure.Code.Length == 0);

    private async Task<HttpResponseMessage> AuthorizedAsync(Uri @base, Query query, CancellationToken cancellationToken)
    {
        var address = new Uri(@base, $"v2/{repository}/{query.Path}");
        AuthenticationHeaderValue? sent = _authorization;
        HttpResponseMessage response = await FollowAsync(address, query, sent, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized)
        {
            AuthChallenge? challenge = AuthChallenge.From(response.Headers.WwwAuthenticate);
            RegistryFailure refusal = await FailureAsync(response, address, cancellationToken);
            AuthenticationHeaderValue answer = await AnswerAsync(challenge, sent, address, refusal, cancellationToken);
            _authorization = answer;
            response = await FollowAsync(address, query, answer, cancellationToken);
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
                challenge, $"repository:{repository}:pull", credentials, endpoint, rejected, cancellationToken));
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
        return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent
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
        Uri address, Query query, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        Uri origin = address;
        for (int hop = 0; hop <= MaxRedirects; hop++)
        {
            bool isOrigin = address.Scheme == origin.Scheme && address.Authority == origin.Authority;
            HttpResponseMessage response = await SendAsync(address, query, isOrigin ? authorization : null, cancellationToken);
            if ((int)response.StatusCode is not (301 or 302 or 303 or 307 or 308))
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
            : throw RegistryFailure.Refused(
                HttpStatusCode.Forbidden, "",
                $"registry {endpoint.Authority} redirects to an address that is not trusted: '{OneLine.Of(target?.GetLeftPart(UriPartial.Path))}'");
    }

    private async Task<HttpResponseMessage> SendAsync(
        Uri address, Query query, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = authorization;
        foreach (string mediaType in query.Accept)
        {
            request.Headers.Accept.Add(new(mediaType));
        }

        if (query.Offset > 0)
        {
            request.Headers.Range = new(query.Offset, null);
        }

        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(http.Options.StallTimeout);
        try
        {
            return await http.For(address).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, deadline.Token);
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

    private sealed record Query(string Path, IReadOnlyList<string> Accept, long Offset);
}
