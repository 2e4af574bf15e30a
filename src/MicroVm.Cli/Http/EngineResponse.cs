using System.Text;
using System.Text.Json;

namespace MicroVm.Cli.Http;

/// <summary>The head of an answer, and its body to be read.</summary>
internal sealed class EngineResponse(int status, Dictionary<string, string> headers, IResponseBody body)
{
    private const int MaximumBytes = 256 << 20;
    private const int MaximumMessageBytes = 64 << 10;

    internal int Status { get; } = status;

    internal bool IsSuccess => Status is >= 200 and < 300 or 101;

    internal string? Header(string name) => headers.GetValueOrDefault(name.ToLowerInvariant());

    /// <summary>Next piece of the body; 0: its end.</summary>
    internal int Read(Span<byte> buffer) => body.Read(buffer);

    /// <summary>Reads to the end, so that the connection can be used again.</summary>
    internal void Drain() => ReadAll();

    /// <exception cref="ProtocolException">Larger than any answer can be.</exception>
    internal byte[] ReadAll(int limit = MaximumBytes)
    {
        var content = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        int count;
        while ((count = Read(buffer)) > 0)
        {
            content.Write(buffer, 0, count);
            if (content.Length > limit)
            {
                throw new ProtocolException($"answer is larger than {limit} bytes");
            }
        }

        return content.ToArray();
    }

    /// <summary>The daemon's message of a failure.</summary>
    internal string ReadError()
    {
        byte[] bytes = ReadAll(MaximumMessageBytes);
        string message = MessageOf(bytes) ?? Encoding.UTF8.GetString(bytes).Trim();
        return message.Length > 0 ? message : $"status {Status} without a message";
    }

    private static string? MessageOf(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            return document.RootElement.TryGetProperty("message"u8, out JsonElement message) ? message.GetString() : null;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
