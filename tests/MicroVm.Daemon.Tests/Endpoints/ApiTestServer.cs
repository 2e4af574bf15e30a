using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MicroVm.Daemon.Hosting;
using MicroVm.Daemon.Tests.Http;
using MicroVm.Engine.Builds;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Execs;
using MicroVm.Engine.Files;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Volumes;
using MicroVm.Hypervisor;
using MicroVm.Images.Layers;
using MicroVm.Images.Store;

namespace MicroVm.Daemon.Tests.Endpoints;

/// <summary>The API over a real image store, empty at first, and containers without virtual machines.</summary>
internal sealed class ApiTestServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mvm-api-").FullName;
    private readonly WebApplication _application;

    private ApiTestServer()
    {
        Options = new()
        {
            Root = _directory,
            RunDirectory = _directory,
            RegistryMirrors = ["http://127.0.0.1:9"],
            LogLevel = LogLevel.Critical,
        };
        LayerStore layers = LayerStore.Open(Path.Combine(_directory, "layers"));
        Images = ImageStore.Open(
            Path.Combine(_directory, "images"), layers,
            new() { MaxDownloadAttempts = 1, Mirrors = new Dictionary<string, IReadOnlyList<string>>() }, NullLogger.Instance);
        Execs = new(Containers);
        Files = new(Containers, Images);
        Builds = new(new() { Root = _directory, RunDirectory = _directory, Kernel = "", Initramfs = "" }, Containers, Files, Images, layers, Events);
        _application = ApiApplication.Build(Options, services => services
            .AddSingleton<IContainerService>(Containers)
            .AddSingleton<IExecService>(Execs)
            .AddSingleton<IContainerFiles>(Files)
            .AddSingleton<INetworkService>(Networks)
            .AddSingleton<IImageStore>(Images)
            .AddSingleton<IBuildService>(Builds)
            .AddSingleton<IVolumeService>(VolumeService.Open(_directory, Events, Assert.Fail))
            .AddSingleton<IHypervisor>(new StaticHypervisor())
            .AddSingleton(Events));
    }

    public DaemonOptions Options { get; }

    public MemoryContainers Containers { get; } = new();

    public MemoryNetworks Networks { get; } = new();

    public EventBus Events { get; } = new();
    public MemoryExecs Execs { get; }

    public MemoryFiles Files { get; }

    public ImageStore Images { get; }

    public BuildService Builds { get; }

    public string SocketPath => Options.SocketPath;

    public static async Task<ApiTestServer> StartAsync()
    {
        var server = new ApiTestServer();
        await server._application.StartAsync();
        return server;
    }

    public async Task<RawHttpClient> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return new RawHttpClient(socket);
    }

    /// <summary>One request on a connection of its own.</summary>
    public async Task<RawResponse> SendAsync(string method, string path, string body = "", string headers = "")
    {
        using RawHttpClient client = await ConnectAsync();
        string length = body.Length == 0 ? "" : $"Content-Length: {body.Length}\r\nContent-Type: application/json\r\n";
        await client.SendAsync($"{method} {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n{length}{headers}\r\n{body}");
        return await client.ReadResponseAsync(hasBody: method != "HEAD");
    }

    public async Task<JsonElement> GetJsonAsync(string path)
    {
        RawResponse response = await SendAsync("GET", path);
        Assert.Equal((200, "application/json"), (response.Status, response.Header("Content-Type")));
        return JsonDocument.Parse(response.Body).RootElement;
    }

    /// <summary>The new container's id.</summary>
    public async Task<string> CreateAsync(string body = """{"Image":"busybox"}""", string query = "")
    {
        RawResponse response = await SendAsync("POST", "/v1.50/containers/create" + query, body);
        Assert.True(response.Status == 201, response.Body);
        return JsonDocument.Parse(response.Body).RootElement.GetProperty("Id").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await _application.StopAsync(now.Token);
        await _application.DisposeAsync();
        Images.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
