using System.Net;
using System.Net.Sockets;
using MicroVm.Images.Files;

namespace MicroVm.Images.Registry;

/// <summary>
/// A request that did not get what it asked for: an error status (distribution-spec, "Error Codes"), or no answer.
/// <see cref="Exception.Message"/> is in the words of Docker, which are those of Go's net/http.
/// </summary>
internal sealed class RegistryFailure : Exception
{
    private const int MaxErrorBody = 64 << 10;

    private RegistryFailure(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>Null: there was no response.</summary>
    public HttpStatusCode? Status { get; private init; }

    /// <summary>MANIFEST_UNKNOWN, DENIED, … or empty.</summary>
    public string Code { get; private init; } = "";

    /// <summary>Code and text, as Docker prints an error of a registry.</summary>
    public string Detail { get; private init; } = "";

    public TimeSpan? RetryAfter { get; private init; }

    /// <summary>No connection came about: refused, no such host, no trust.</summary>
    public bool IsUnreachable { get; private init; }

    /// <summary>Perhaps the other side speaks the other of HTTP and HTTPS.</summary>
    public bool MayBeSchemeMismatch { get; private init; }

    /// <summary>The same request may do better soon.</summary>
    public bool IsTransient => !IsUnreachable && (Status is null
        or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError);

    /// <param name="timeout">Longest wait for the body that says why.</param>
    public static async Task<RegistryFailure> FromResponseAsync(
        HttpResponseMessage response, Uri address, TimeSpan timeout, CancellationToken cancellationToken)
    {
        (string code, string text) = await ReadErrorAsync(response, timeout, cancellationToken);
        string detail = code.Length == 0
            ? $"unexpected status from GET request to {address}: {(int)response.StatusCode} {response.ReasonPhrase}"
            : $"{code.ToLowerInvariant().Replace('_', ' ')}: {text}";
        return new(OneLine.Of(detail))
        {
            Status = response.StatusCode,
            Code = code,
            Detail = OneLine.Of(detail),
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    public static RegistryFailure Refused(HttpStatusCode status, string code, string detail) =>
        new(detail) { Status = status, Code = code, Detail = detail };

    public static RegistryFailure Stalled(Uri address) =>
        new($"Get \"{address}\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)");

    public static RegistryFailure BrokenOff(Uri address, Exception inner) => new($"Get \"{address}\": unexpected EOF", inner);

    public static RegistryFailure FromTransport(HttpRequestException error, Uri address)
    {
        bool isPlain = address.Scheme == Uri.UriSchemeHttp;
        return new($"Get \"{address.GetLeftPart(UriPartial.Authority)}/v2/\": {Describe(error, address)}", error)
        {
            IsUnreachable = error.HttpRequestError is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError,
            MayBeSchemeMismatch = isPlain
                ? error.HttpRequestError is HttpRequestError.ResponseEnded or HttpRequestError.InvalidResponse
                : error.HttpRequestError is HttpRequestError.SecureConnectionError or HttpRequestError.ConnectionError,
        };
    }

    private static string Describe(HttpRequestException error, Uri address) => error.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => $"dial tcp: lookup {address.DnsSafeHost}: no such host",
        HttpRequestError.ConnectionError => $"dial tcp {address.Host}:{address.Port}: {DescribeConnect(error)}",
        HttpRequestError.SecureConnectionError when error.GetBaseException() is CertificateRefusedException refused =>
            $"tls: failed to verify certificate: x509: {refused.Message}",
        HttpRequestError.SecureConnectionError => "http: server gave HTTP response to HTTPS client",
        HttpRequestError.ResponseEnded => "EOF",
        HttpRequestError.InvalidResponse => "net/http: HTTP/1.x transport connection broken: malformed HTTP response",
        _ => OneLine.Of(error.Message),
    };

    private static string DescribeConnect(HttpRequestException error) => error.InnerException switch
    {
        SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connect: connection refused",
        SocketException { SocketErrorCode: SocketError.HostUnreachable } => "connect: no route to host",
        SocketException { SocketErrorCode: SocketError.NetworkUnreachable } => "connect: network is unreachable",
        SocketException { SocketErrorCode: SocketError.TimedOut } or TimeoutException or OperationCanceledException => "i/o timeout",
        var inner => "connect: " + OneLine.Of(inner?.Message ?? error.Message),
    };

    private static async Task<(string Code, string Text)> ReadErrorAsync(
        HttpResponseMessage response, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            byte[] body = await BoundedRead.AllAsync(response, MaxErrorBody, timeout, cancellationToken);
            return JsonRead.Parse(body, "error", root => root.Items("errors")
                .Select(error => (OneLine.Of(error.Text("code")), OneLine.Of(error.Text("message")))).FirstOrDefault(("", "")));
        }
        catch (Exception e) when (e is ImageException or RegistryFailure)
        {
            // Whatever the body was, the status stands.
            return ("", "");
        }
    }
}
