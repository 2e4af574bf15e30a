using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.Daemon.Http;

namespace MicroVm.Daemon.Tests.Http;

/// <summary>Our server with one handler, on a socket of its own.</summary>
internal sealed class HttpTestServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-http-").FullName;
    private readonly WebApplication _application;

    private HttpTestServer(RequestDelegate handler, HttpLimits limits)
    {
        SocketPath = Path.Combine(_directory, "http.sock");
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddSingleton<IServer>(new UnixHttpServer(
            new UnixListener(SocketPath, null), limits, NullLogger<UnixHttpServer>.Instance));
        _application = builder.Build();
        _application.Run(handler);
    }

    public string SocketPath { get; }

    public static async Task<HttpTestServer> StartAsync(RequestDelegate handler, HttpLimits? limits = null)
    {
        var server = new HttpTestServer(handler, limits ?? new HttpLimits());
        await server._application.StartAsync();
        return server;
    }

    public async Task<RawHttpClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new RawHttpClient(socket);
    }

    /// <param name="grace">What requests get that have not begun to answer.</param>
    public async Task StopAsync(TimeSpan grace)
    {
        using var deadline = new CancellationTokenSource(grace);
        await _application.StopAsync(deadline.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.Zero);
        await _application.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
