using System.Net;
using System.Text;

namespace MicroVm.Integration.Tests.Infrastructure;

/// <summary>A registry on loopback that serves one image under any name, or answers everything with one status.</summary>
public sealed class HostileRegistry : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly Dictionary<string, byte[]> _blobs = [];
    private readonly byte[] _manifest = [];
    private readonly int _status = 200;

    public HostileRegistry(int status)
        : this() => _status = status;

    /// <param name="image">What the manifest names.</param>
    /// <param name="layer">What comes for its layer; null: the layer.</param>
    public HostileRegistry(HostileImage image, byte[]? layer = null)
        : this()
    {
        _blobs[HostileImage.Digest(image.Config)] = image.Config;
        _blobs[HostileImage.Digest(image.Layer)] = layer ?? image.Layer;
        _manifest = Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",
            "config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":{{image.Config.Length}},"digest":"{{HostileImage.Digest(image.Config)}}"},
            "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":{{image.Layer.Length}},"digest":"{{HostileImage.Digest(image.Layer)}}"}]}
            """);
    }

    private HostileRegistry()
    {
        Address = $"127.0.0.1:{LoopbackPort.Free()}";
        _listener.Prefixes.Add($"http://{Address}/");
        _listener.Start();
        _ = ServeAsync();
    }

    /// <summary>host:port</summary>
    public string Address { get; }

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        try
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context = await _listener.GetContextAsync();
                Answer(context.Request.Url!.AbsolutePath, context.Response, context.Request.HttpMethod != "HEAD");
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over, or the client has had enough.
        }
    }

    private void Answer(string path, HttpListenerResponse response, bool hasBody)
    {
        // A connection that is kept would count as one left behind.
        response.KeepAlive = false;
        bool isManifest = path.Contains("/manifests/", StringComparison.Ordinal);
        byte[]? body = _status != 200 || path == "/v2/" ? [] : isManifest ? _manifest : _blobs.GetValueOrDefault(path.Split('/')[^1]);
        response.StatusCode = body is null ? 404 : _status;
        response.ContentType = isManifest ? "application/vnd.oci.image.manifest.v1+json" : "application/octet-stream";
        if (isManifest)
        {
            response.AddHeader("Docker-Content-Digest", HostileImage.Digest(_manifest));
        }

        response.ContentLength64 = body?.Length ?? 0;
        response.Close(hasBody ? body ?? [] : [], willBlock: true);
    }
}
