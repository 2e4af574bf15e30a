using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace MicroVm.Images.Tests.Support;

/// <summary>A registry of one process that a test can make misbehave: real HTTP on loopback, contents in memory.</summary>
internal sealed class StubRegistry : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StubRegistry(WebApplication app) => _app = app;

    public string Host { get; private set; } = "";

    /// <summary>Path below /v2/ ("lib/x/manifests/latest") to what is served there.</summary>
    public ConcurrentDictionary<string, (string MediaType, byte[] Content)> Contents { get; } = new();

    /// <summary>Sees each request first; true: it has answered.</summary>
    public Func<HttpContext, Task<bool>> Intercept { get; set; } = _ => Task.FromResult(false);

    public bool SupportsRanges { get; set; } = true;

    public ConcurrentQueue<string> Requests { get; } = new();

    /// <param name="name">By which clients reach it, on all addresses; null: by the loopback address.</param>
    public static async Task<StubRegistry> StartAsync(X509Certificate2? certificate = null, string? name = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(name is null ? IPAddress.Loopback : IPAddress.Any, 0, listen =>
            {
                if (certificate is not null)
                {
                    listen.UseHttps(certificate);
                }
            });
            kestrel.Limits.MinResponseDataRate = null;
        });
        WebApplication app = builder.Build();
        var registry = new StubRegistry(app);
        app.Run(registry.HandleAsync);
        await app.StartAsync();
        var address = new Uri(app.Urls.First());
        registry.Host = name is null ? address.Authority : $"{name}:{address.Port}";
        return registry;
    }

    public void Add(string repository, string tag, TestImage image)
    {
        AddManifest(repository, tag, image.Manifest);
        AddBlob(repository, image.Config);
        foreach (TestLayer layer in image.Layers)
        {
            AddBlob(repository, layer.Blob);
        }
    }

    public void AddManifest(string repository, string tag, byte[] manifest, string mediaType = TestImage.OciManifest)
    {
        Contents[$"{repository}/manifests/{tag}"] = (mediaType, manifest);
        Contents[$"{repository}/manifests/{TestImage.DigestOf(manifest)}"] = (mediaType, manifest);
    }

    public void AddBlob(string repository, byte[] blob) =>
        Contents[$"{repository}/blobs/{TestImage.DigestOf(blob)}"] = ("application/octet-stream", blob);

    public int CountOf(string part) => Requests.Count(request => request.Contains(part, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    public static async Task ErrorAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        var body = new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message }) };
        await context.Response.WriteAsync(body.ToJsonString());
    }

    /// <summary>Sends the head and the first bytes of a body, then drops the connection.</summary>
    public static async Task BreakOffAsync(HttpContext context, byte[] body, int from, int to)
    {
        context.Response.ContentLength = body.Length - from;
        if (from > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{body.Length - 1}/{body.Length}";
        }

        await context.Response.Body.WriteAsync(body.AsMemory(from, to - from));
        await context.Response.Body.FlushAsync();
        context.Abort();
    }

    public static int OffsetOf(HttpContext context)
    {
        string range = context.Request.Headers.Range.ToString();
        return range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
    }

    private async Task HandleAsync(HttpContext context)
    {
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {context.Request.Headers.Range}".Trim());
        if (await Intercept(context))
        {
            return;
        }

        string path = context.Request.Path.Value!["/v2/".Length..];
        if (!Contents.TryGetValue(path, out (string MediaType, byte[] Content) found))
        {
            bool isManifest = path.Contains("/manifests/", StringComparison.Ordinal);
            await ErrorAsync(context, 404, isManifest ? "MANIFEST_UNKNOWN" : "BLOB_UNKNOWN", "unknown to registry");
            return;
        }

        await ServeAsync(context, found.MediaType, found.Content);
    }

    private async Task ServeAsync(HttpContext context, string mediaType, byte[] content)
    {
        int offset = SupportsRanges ? OffsetOf(context) : 0;
        if (offset > 0)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {offset}-{content.Length - 1}/{content.Length}";
        }

        context.Response.ContentType = mediaType;
        context.Response.ContentLength = content.Length - offset;
        await context.Response.Body.WriteAsync(content.AsMemory(offset));
    }
}
