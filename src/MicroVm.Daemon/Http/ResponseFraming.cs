namespace MicroVm.Daemon.Http;

/// <summary>How the client knows where a response ends (RFC 9112, 6.3).</summary>
internal enum ResponseFraming
{
    /// <summary>HEAD, 204, 304.</summary>
    NoBody,

    Length,

    Chunked,

    /// <summary>The connection's end: HTTP/1.0, and hijacked streams.</summary>
    Close,
}
