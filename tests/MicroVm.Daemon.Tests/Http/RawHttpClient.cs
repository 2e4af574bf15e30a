using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace MicroVm.Daemon.Tests.Http;

/// <summary>A client that sends exactly the bytes it is given.</summary>
internal sealed class RawHttpClient(Socket socket) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly NetworkStream _stream = new(socket, ownsSocket: true);

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var patience = new CancellationTokenSource(s_patience);
        await _stream.WriteAsync(bytes, patience.Token);
    }

    public void HalfClose() => socket.Shutdown(SocketShutdown.Send);

    public async Task<byte> ReadByteAsync()
    {
        byte[] one = new byte[1];
        using var patience = new CancellationTokenSource(s_patience);
        await _stream.ReadExactlyAsync(one, patience.Token);
        return one[0];
    }

    public async Task<byte[]> ReadAsync(int count)
    {
        byte[] bytes = new byte[count];
        using var patience = new CancellationTokenSource(s_patience);
        await _stream.ReadExactlyAsync(bytes, patience.Token);
        return bytes;
    }

    public async Task<string> ReadTextAsync(int count) => Encoding.Latin1.GetString(await ReadAsync(count));

    public async Task<string> ReadToEndAsync()
    {
        using var patience = new CancellationTokenSource(s_patience);
        using var all = new MemoryStream();
        await _stream.CopyToAsync(all, patience.Token);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Status line and headers, without the empty line.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            text.Append((char)await ReadByteAsync());
        }

        return text.ToString(0, text.Length - 4);
    }

    /// <summary>One whole response, its body decoded.</summary>
    public async Task<RawResponse> ReadResponseAsync(bool hasBody = true)
    {
        string head = await ReadHeadAsync();
        var response = new RawResponse(head, "");
        if (!hasBody || response.Status is 204 or 304 or < 200)
        {
            return response;
        }

        return response.Header("Transfer-Encoding") == "chunked"
            ? response with { Body = await ReadChunksAsync() }
            : response.Header("Content-Length") is { } length
                ? response with { Body = await ReadTextAsync(int.Parse(length, CultureInfo.InvariantCulture)) }
                : response with { Body = await ReadToEndAsync() };
    }

    /// <summary>One chunk's text; empty at the end of the body.</summary>
    public async Task<string> ReadChunkAsync()
    {
        var size = new StringBuilder();
        for (byte next = await ReadByteAsync(); next != '\n'; next = await ReadByteAsync())
        {
            size.Append((char)next);
        }

        string data = await ReadTextAsync(int.Parse(size.ToString().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal("\r\n", await ReadTextAsync(2));
        return data;
    }

    public void Dispose() => _stream.Dispose();

    private async Task<string> ReadChunksAsync()
    {
        var body = new StringBuilder();
        for (string chunk = await ReadChunkAsync(); chunk.Length > 0; chunk = await ReadChunkAsync())
        {
            body.Append(chunk);
        }

        return body.ToString();
    }
}
