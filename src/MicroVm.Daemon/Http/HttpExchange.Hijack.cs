using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.Daemon.Http;

internal sealed partial class HttpExchange : IHttpUpgradeFeature, IHijackFeature
{
    // More than a request that announces a stream has reason to say; exec start's is the largest.
    private const int MaxBodyBeforeHijack = 64 * 1024;

    private bool _hijacked;

    public bool IsUpgradableRequest => _head.WantsUpgrade;

    public bool IsUpgradeRequested => _head.WantsUpgrade;

    async Task<Stream> IHttpUpgradeFeature.UpgradeAsync()
    {
        if (!IsUpgradableRequest)
        {
            throw new InvalidOperationException("the request asks for no upgrade");
        }

        StatusCode = StatusCodes.Status101SwitchingProtocols;
        return await HijackAsync(RequestAborted).ConfigureAwait(false);
    }

    public async Task<HijackedStream> HijackAsync(CancellationToken cancellationToken)
    {
        ThrowIfStarted();
        if (!await _requestBody.DrainAsync(MaxBodyBeforeHijack, cancellationToken).ConfigureAwait(false))
        {
            throw new MalformedRequestException("request body too large", StatusCodes.Status413PayloadTooLarge);
        }

        _hijacked = true;
        KeepAlive = false;
        HasStarted = true;
        IsStreaming = true;
        _start = Task.CompletedTask;
        Framing = ResponseFraming.Close;
        ReadOnlyMemory<byte> head = ResponseHeadWriter.Write(_statusCode, ReasonPhrase, HijackHeaders());
        await Output.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
        return new HijackedStream(_connection.Input, Output, _connection.ShutdownSend);
    }

    private IHeaderDictionary HijackHeaders()
    {
        if (_statusCode == StatusCodes.Status101SwitchingProtocols)
        {
            _responseHeaders.Connection = "Upgrade";
            _responseHeaders.Upgrade = _requestHeaders.Upgrade;
        }

        return _responseHeaders;
    }
}
