using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.Daemon.Http;

internal sealed partial class HttpExchange
    : IHttpRequestFeature, IHttpRequestBodyDetectionFeature, IHttpRequestLifetimeFeature, IHttpMaxRequestBodySizeFeature
{
    private IHeaderDictionary _requestHeaders;
    private Stream _body;
    private string _method;
    private string _path;
    private string _query;

    public CancellationToken RequestAborted { get; set; }

    public bool CanHaveBody => _head.HasBody;

    public bool IsReadOnly => _requestBody.HasStarted;

    public long? MaxRequestBodySize
    {
        get => _requestBody.MaxSize;
        set => _requestBody.MaxSize = value;
    }

    string IHttpRequestFeature.Protocol
    {
        get => _head.Protocol;
        set => throw new NotSupportedException();
    }

    string IHttpRequestFeature.Scheme { get; set; } = "http";

    string IHttpRequestFeature.Method
    {
        get => _method;
        set => _method = value;
    }

    string IHttpRequestFeature.PathBase { get; set; } = "";

    string IHttpRequestFeature.Path
    {
        get => _path;
        set => _path = value;
    }

    string IHttpRequestFeature.QueryString
    {
        get => _query;
        set => _query = value;
    }

    string IHttpRequestFeature.RawTarget
    {
        get => _head.Target.Raw;
        set => throw new NotSupportedException();
    }

    IHeaderDictionary IHttpRequestFeature.Headers
    {
        get => _requestHeaders;
        set => _requestHeaders = value;
    }

    Stream IHttpRequestFeature.Body
    {
        get => _body;
        set => _body = value;
    }

    public void Abort() => _connection.Abort();

    private async ValueTask SendContinueAsync()
    {
        if (!HasStarted)
        {
            await Output.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), _connection.Aborted).ConfigureAwait(false);
            await Output.FlushAsync(_connection.Aborted).ConfigureAwait(false);
        }
    }
}
