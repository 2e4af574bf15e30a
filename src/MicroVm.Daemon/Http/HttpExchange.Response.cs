using System.Globalization;
using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.Daemon.Http;

internal sealed partial class HttpExchange : IHttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new();
    private IHeaderDictionary _responseHeaders = new HeaderDictionary();
    private int _statusCode = StatusCodes.Status200OK;
    private bool _completing;
    private Task? _start;

    public bool HasStarted { get; private set; }

    /// <summary>A response of unknown length has begun: it may be cut when the server stops.</summary>
    public bool IsStreaming { get; private set; }

    public ResponseFraming Framing { get; private set; }

    public long? DeclaredLength { get; private set; }

    public int StatusCode
    {
        get => _statusCode;
        set
        {
            ThrowIfStarted();
            _statusCode = value;
        }
    }

    public string? ReasonPhrase { get; set; }

    IHeaderDictionary IHttpResponseFeature.Headers
    {
        get => _responseHeaders;
        set => throw new NotSupportedException();
    }

#pragma warning disable CS0618 // Obsolete, and still a member of the interface.
    Stream IHttpResponseFeature.Body
#pragma warning restore CS0618
    {
        get => _responseBody;
        set => throw new NotSupportedException();
    }

    private bool MayHaveBody => _statusCode is >= 200 and not 204 and not 304 && _head.Method != HttpMethods.Head;

    public void OnStarting(Func<object, Task> callback, object state)
    {
        ThrowIfStarted();
        _starting.Push((callback, state));
    }

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <summary>Puts the head into the output buffer, once.</summary>
    public Task EnsureStartedAsync() => _start ??= StartAsync();

    private async Task StartAsync()
    {
        while (_starting.TryPop(out var entry))
        {
            await entry.Callback(entry.State).ConfigureAwait(false);
        }

        ChooseFraming();
        HasStarted = true;
        ((HeaderDictionary)_responseHeaders).IsReadOnly = true;
        ReadOnlyMemory<byte> head = ResponseHeadWriter.Write(_statusCode, ReasonPhrase, _responseHeaders);
        await Output.WriteAsync(head, _connection.Aborted).ConfigureAwait(false);
        IsStreaming = !_completing && Framing is ResponseFraming.Chunked or ResponseFraming.Close;
    }

    private void ChooseFraming()
    {
        DeclaredLength = _responseHeaders.ContentLength ?? (_completing && MayHaveBody ? 0 : null);
        if (!MayHaveBody)
        {
            Framing = ResponseFraming.NoBody;
        }
        else if (DeclaredLength is not null)
        {
            Framing = ResponseFraming.Length;
            _responseHeaders.ContentLength = DeclaredLength;
        }
        else if (_head.IsHttp10)
        {
            Framing = ResponseFraming.Close;
            KeepAlive = false;
        }
        else
        {
            Framing = ResponseFraming.Chunked;
            _responseHeaders.TransferEncoding = "chunked";
        }

        SetConnectionHeaders();
    }

    private void SetConnectionHeaders()
    {
        KeepAlive &= !_connection.IsStopping && !_requestBody.IsWithheld;
        if (!KeepAlive)
        {
            _responseHeaders.Connection = "close";
        }
        else if (_head.IsHttp10)
        {
            _responseHeaders.Connection = "keep-alive";
        }

        _responseHeaders.Date = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture);
    }

    /// <summary>Nothing was sent yet: the failure becomes the response.</summary>
    private void Reset(Exception failure)
    {
        _responseHeaders = new HeaderDictionary();
        _starting.Clear();
        _statusCode = failure is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError;
        ReasonPhrase = null;
        KeepAlive = false;
    }

    private async Task RunCompletedAsync()
    {
        while (_completed.TryPop(out var entry))
        {
            await entry.Callback(entry.State).ConfigureAwait(false);
        }
    }

    private void ThrowIfStarted()
    {
        if (HasStarted)
        {
            throw new InvalidOperationException("the response has started");
        }
    }
}
