using System.Collections.Concurrent;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;

namespace MicroVm.Daemon.Http;

/// <summary>
/// HTTP/1.1 on a Unix socket, under ASP.NET Core's routing. Why not Kestrel: Docker's clients upgrade requests that
/// have a body, and half-close a connection to end stdin while they read on; Kestrel ignores the one and takes the
/// other for an abort.
/// </summary>
internal sealed partial class UnixHttpServer(UnixListener listener, HttpLimits limits, ILogger<UnixHttpServer> logger) : IServer
{
    private readonly ConcurrentDictionary<HttpConnection, Task> _connections = new();
    private readonly SemaphoreSlim _free = new(limits.MaxConnections);
    private readonly CancellationTokenSource _stopping = new();
    private Task _accepting = Task.CompletedTask;

    public IFeatureCollection Features { get; } = new FeatureCollection();

    public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        listener.Listen();
        _accepting = AcceptAsync(exchange => ProcessAsync(application, exchange));
        return Task.CompletedTask;
    }

    /// <summary>
    /// Takes no more requests, cuts streams, lets other requests end until <paramref name="cancellationToken"/> fires,
    /// then cuts those too.
    /// </summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        ForEachConnection(connection => connection.BeginStop());
        Task ended = Task.WhenAll(_connections.Values);
        await ended.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ForEachConnection(connection => connection.Abort());
        await ended.WaitAsync(limits.AbortTimeout, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public void Dispose()
    {
        _stopping.Cancel();
        listener.Dispose();
        ForEachConnection(connection => connection.Abort());
    }

    private void ForEachConnection(Action<HttpConnection> action)
    {
        foreach (HttpConnection connection in _connections.Keys)
        {
            action(connection);
        }
    }

    private async Task AcceptAsync(Func<HttpExchange, Task> handler)
    {
        try
        {
            while (true)
            {
                await _free.WaitAsync(_stopping.Token).ConfigureAwait(false);
                Socket? socket = await TryAcceptAsync().ConfigureAwait(false);
                if (socket is null)
                {
                    _free.Release();
                    continue;
                }

                Serve(new HttpConnection(socket, limits, handler, _stopping.Token));
            }
        }
        catch (OperationCanceledException)
        {
            listener.Dispose();
        }
    }

    private async Task<Socket?> TryAcceptAsync()
    {
        try
        {
            return await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (SocketException e)
        {
            // Out of descriptors, or a client gone before it was taken. The pause keeps the first from spinning.
            LogAcceptFailed(e.Message);
            await Task.Delay(TimeSpan.FromMilliseconds(100), _stopping.Token).ConfigureAwait(false);
            return null;
        }
    }

    private void Serve(HttpConnection connection)
    {
        // Entered before it runs, so that its end always finds it.
        var started = new TaskCompletionSource();
        _connections[connection] = RunAsync(connection, started.Task);
        started.SetResult();
    }

    private async Task RunAsync(HttpConnection connection, Task started)
    {
        await started.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await connection.RunAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            LogConnectionFailed(e);
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            connection.Dispose();
            _free.Release();
        }
    }

    private async Task ProcessAsync<TContext>(IHttpApplication<TContext> application, HttpExchange exchange)
        where TContext : notnull
    {
        TContext context = application.CreateContext(exchange.Features);
        Exception? failure = null;
        try
        {
            await application.ProcessRequestAsync(context).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
            LogIfOurs(e, exchange);
        }

        try
        {
            await exchange.CompleteAsync(failure).ConfigureAwait(false);
        }
        finally
        {
            application.DisposeContext(context, failure);
        }
    }

    private void LogIfOurs(Exception failure, HttpExchange exchange)
    {
        if (failure is not BadHttpRequestException && !exchange.RequestAborted.IsCancellationRequested)
        {
            LogRequestFailed(failure);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "cannot accept a connection: {Reason}")]
    private partial void LogAcceptFailed(string reason);

    [LoggerMessage(2, LogLevel.Error, "connection failed")]
    private partial void LogConnectionFailed(Exception failure);

    [LoggerMessage(3, LogLevel.Error, "request failed")]
    private partial void LogRequestFailed(Exception failure);
}
