
namespace MicroVm.Daemon.Http;

/// <summary>A request line and its headers, checked.</summary>
internal sealed record RequestHead
{
    public required string Method { get; init; }

    public required RequestTarget Target { get; init; }

    /// <summary>True for HTTP/1.0: no chunks, no 100 Continue, close by default.</summary>
    public required bool IsHttp10 { get; init; }

    public required IHeaderDictionary Headers { get; init; }

    /// <summary>Null: no Content-Length.</summary>
    public long? ContentLength { get; init; }

    public bool IsChunked { get; init; }

    public bool ExpectsContinue { get; init; }

    public bool KeepAlive { get; init; }

    /// <summary>Connection: upgrade with an Upgrade header.</summary>
    public bool WantsUpgrade { get; init; }

    public bool HasBody => IsChunked || ContentLength > 0;

    public string Protocol => IsHttp10 ? HttpProtocol.Http10 : HttpProtocol.Http11;
}
