using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.Daemon.Http;

/// <summary>One request and its response, as ASP.NET Core's features.</summary>
internal sealed partial class HttpExchange : IDisposable
{
    private readonly HttpConnection _connection;
    private readonly RequestHead _head;
    private readonly RequestBody _requestBody;
    private readonly StreamResponseBodyFeature _responseBodyFeature;
    private readonly ResponseBody _responseBody;

    public HttpExchange(HttpConnection connection, RequestHead head)
    {
        _connection = connection;
        _head = head;
        RequestAborted = connection.Aborted;
        KeepAlive = head.KeepAlive;
        _requestBody = new RequestBody(connection.Input, head, SendContinueAsync);
        _requestHeaders = head.Headers;
        _body = _requestBody;
        _method = head.Method;
        _path = head.Target.Path;
        _query = head.Target.Query;
        _responseBody = new ResponseBody(this);
        _responseBodyFeature = new StreamResponseBodyFeature(_responseBody);
        Features = CreateFeatures();
    }

    public FeatureCollection Features { get; }

    public OutputBuffer Output => _connection.Output;

    /// <summary>The connection can take another request after this one.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Ends the response; the connection's loop calls it when the handler is through.</summary>
    /// <param name="failure">What the handler threw.</param>
    public async Task CompleteAsync(Exception? failure)
    {
        if (_hijacked)
        {
            KeepAlive = false;
        }
        else if (failure is not null && HasStarted)
        {
            // Without the end of the body the client sees that something is missing.
            KeepAlive = false;
            await Output.FlushAsync(_connection.Aborted).ConfigureAwait(false);
        }
        else
        {
            await CompleteResponseAsync(failure).ConfigureAwait(false);
            await SkipRequestBodyAsync().ConfigureAwait(false);
        }

        await RunCompletedAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        _requestBody.Dispose();
        _responseBody.Dispose();
    }

    private async Task CompleteResponseAsync(Exception? failure)
    {
        if (failure is not null)
        {
            Reset(failure);
        }

        await _responseBodyFeature.Writer.CompleteAsync().ConfigureAwait(false);
        _completing = true;
        await EnsureStartedAsync().ConfigureAwait(false);
        KeepAlive &= await _responseBody.EndAsync(_connection.Aborted).ConfigureAwait(false);
    }

    private async Task SkipRequestBodyAsync()
    {
        if (_requestBody.IsDone || !KeepAlive)
        {
            return;
        }

        if (_requestBody.IsWithheld)
        {
            KeepAlive = false;
            return;
        }

        using CancellationTokenSource timeout = _connection.CreateTimeout(_connection.Limits.LingerTimeout);
        try
        {
            KeepAlive = await _requestBody.DrainAsync(_connection.Limits.MaxDrain, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MalformedRequestException or OperationCanceledException or IOException)
        {
            KeepAlive = false;
        }
    }

    private FeatureCollection CreateFeatures()
    {
        var features = new FeatureCollection(12);
        features.Set<IHttpRequestFeature>(this);
        features.Set<IHttpRequestBodyDetectionFeature>(this);
        features.Set<IHttpRequestLifetimeFeature>(this);
        features.Set<IHttpMaxRequestBodySizeFeature>(this);
        features.Set<IHttpResponseFeature>(this);
        features.Set<IHttpResponseBodyFeature>(_responseBodyFeature);
        features.Set<IHttpUpgradeFeature>(this);
        features.Set<IHijackFeature>(this);
        return features;
    }
}
