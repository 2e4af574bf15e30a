using System.IO.Pipelines;
using System.Net.Sockets;

namespace MicroVm.Daemon.Http;

/// <summary>One client's connection: requests one after another, until either side ends it.</summary>
internal sealed partial class HttpConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Func<HttpExchange, Task> _handler;
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _idle;
    private HttpExchange? _exchange;

    public HttpConnection(Socket socket, HttpLimits limits, Func<HttpExchange, Task> handler, CancellationToken stopping)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
        _handler = handler;
        Limits = limits;
        Aborted = _aborted.Token;
        _idle = CancellationTokenSource.CreateLinkedTokenSource(stopping, Aborted);
        Input = PipeReader.Create(_stream, new StreamPipeReaderOptions(bufferSize: 16 * 1024, minimumReadSize: 4096, leaveOpen: true));
        Output = new OutputBuffer(socket, Aborted);
    }

    public HttpLimits Limits { get; }

    public PipeReader Input { get; }

    public OutputBuffer Output { get; }

    /// <summary>The client is gone, or the server has no more time for it.</summary>
    public CancellationToken Aborted { get; }

    public bool IsStopping { get; private set; }

    /// <summary>Serves the connection to its end; throws nothing that a client can cause.</summary>
    public async Task RunAsync()
    {
        using IDisposable watch = PeerHangupMonitor.Shared.Watch(_socket, Abort);
        try
        {
            await ServeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
            // The client went away, or is sent away.
        }
    }

    /// <summary>Fires <see cref="Aborted"/>; sends and reads in progress end.</summary>
    public void Abort() => _aborted.Cancel();

    /// <summary>No further request is taken, and a response of unknown length ends.</summary>
    public void BeginStop()
    {
        IsStopping = true;
        if (_exchange is { IsStreaming: true })
        {
            Abort();
        }
    }

    public void ShutdownSend()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Gone already.
        }
    }

    public CancellationTokenSource CreateTimeout(TimeSpan timeout)
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        source.CancelAfter(timeout);
        return source;
    }

    public void Dispose()
    {
        Input.Complete();
        Output.Dispose();
        _stream.Dispose();
        _socket.Dispose();
        _idle.Dispose();
        // _aborted is not disposed: handlers that outlive the connection may still hold its token.
    }

    private async Task ServeAsync()
    {
        bool keepAlive = true;
        while (keepAlive && !IsStopping)
        {
            RequestHead? head;
            try
            {
                head = await ReadHeadAsync().ConfigureAwait(false);
            }
            catch (MalformedRequestException e)
            {
                await RefuseAsync(e).ConfigureAwait(false);
                break;
            }

            if (head is null)
            {
                return;
            }

            keepAlive = await ServeAsync(head).ConfigureAwait(false);
        }

        await LingerAsync().ConfigureAwait(false);
    }

    private async Task<bool> ServeAsync(RequestHead head)
    {
        using var exchange = new HttpExchange(this, head);
        _exchange = exchange;
        await _handler(exchange).ConfigureAwait(false);
        _exchange = null;
        Output.Release();
        return exchange.KeepAlive;
    }

    private async Task RefuseAsync(MalformedRequestException error)
    {
        IHeaderDictionary headers = new HeaderDictionary { ContentLength = 0 };
        headers.Connection = "close";
        await Output.WriteAsync(ResponseHeadWriter.Write(error.StatusCode, null, headers), Aborted).ConfigureAwait(false);
        await Output.FlushAsync(Aborted).ConfigureAwait(false);
    }

    /// <summary>
    /// Ends our side, then waits for the client to end its own. To close with bytes unread would reset the connection,
    /// and the client would see an error in place of the end of its stream.
    /// </summary>
    private async Task LingerAsync()
    {
        ShutdownSend();
        using CancellationTokenSource timeout = CreateTimeout(Limits.LingerTimeout);
        while (true)
        {
            ReadResult result = await Input.ReadAsync(timeout.Token).ConfigureAwait(false);
            Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
