using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace MicroVm.Kvm.Tests.Infrastructure;

/// <summary>What the tests ask of a daemon again and again, without an mvm for each question: one takes seconds to start here.</summary>
public sealed class EngineApi(string socket) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        ConnectCallback = (_, cancellation) => ConnectAsync(socket, cancellation),

        // Daemons come and go here: no connection outlives its request.
        PooledConnectionLifetime = TimeSpan.Zero,
    })
    {
        BaseAddress = new("http://mvmd"),
        Timeout = TimeSpan.FromMinutes(2),
    };

    public Task<string> PingAsync() => _client.GetStringAsync(new Uri("/_ping", UriKind.Relative));

    /// <summary>A busybox without network; its id.</summary>
    public async Task<string> CreateAsync(params string[] command)
    {
        var body = new { Image = "busybox", Cmd = command, HostConfig = new { NetworkMode = "none", Memory = 128 << 20 } };
        using HttpResponseMessage response = await _client.PostAsJsonAsync("/containers/create", body);
        return (await ReadAsync(response)).GetProperty("Id").GetString()!;
    }

    /// <summary>Null, or what the daemon says went wrong.</summary>
    public async Task<string?> StartAsync(string id)
    {
        using HttpResponseMessage response = await _client.PostAsync(new Uri($"/containers/{id}/start", UriKind.Relative), null);
        return response.IsSuccessStatusCode ? null : (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString();
    }

    /// <summary>Its State.</summary>
    public async Task<JsonElement> StateAsync(string id) =>
        (await _client.GetFromJsonAsync<JsonElement>(new Uri($"/containers/{id}/json", UriKind.Relative))).GetProperty("State");

    /// <summary>Whether its VM was restored from a template and did not boot.</summary>
    public async Task<bool> WasRestoredAsync(string id) =>
        (await _client.GetFromJsonAsync<JsonElement>(new Uri($"/mvm/containers/{id}/timings", UriKind.Relative))).GetProperty("Milliseconds").TryGetProperty("restore", out _);

    public async Task SignalAsync(string id, string signal)
    {
        using HttpResponseMessage response = await _client.PostAsync(new Uri($"/containers/{id}/kill?signal={signal}", UriKind.Relative), null);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Its exit code, once it has one.</summary>
    public async Task<int> WaitAsync(string id)
    {
        using HttpResponseMessage response = await _client.PostAsync(new Uri($"/containers/{id}/wait", UriKind.Relative), null);
        return (await ReadAsync(response)).GetProperty("StatusCode").GetInt32();
    }

    public async Task RemoveAsync(string id)
    {
        using HttpResponseMessage response = await _client.DeleteAsync(new Uri($"/containers/{id}?force=1", UriKind.Relative));
        response.EnsureSuccessStatusCode();
    }

    public async Task<string> LogAsync(string id)
    {
        byte[] frames = await _client.GetByteArrayAsync(new Uri($"/containers/{id}/logs?stdout=1&stderr=1", UriKind.Relative));
        var text = new StringBuilder();
        for (int at = 0; at < frames.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(frames.AsSpan(at + 4));
            text.Append(Encoding.UTF8.GetString(frames, at + 8, length));
            at += 8 + length;
        }

        return text.ToString();
    }

    public void Dispose() => _client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await connection.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(connection, ownsSocket: true);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
