using System.Text;
using System.Text.Json;

namespace MicroVm.Cli.Http;

/// <summary>The head of an answer, and its body to be read.</summary>
internal sealed class EngineResponse(int status, ResponseHeaders headers, IResponseBody body)
{
    private const int MaximumBytes = 256 << 20;
    private const int MaximumMessageBytes = 64 << 10;
    private const int FirstRead = 16 << 10;

    internal int Status { get; } = status;

    internal bool IsSuccess => Status is >= 200 and < 300 or 101;

    internal string? Header(string name) => headers.Find(name);

    /// <summary>Next piece of the body; 0: its end.</summary>
    internal int Read(Span<byte> buffer) => body.Read(buffer);

    /// <summary>Reads to the end, so that the connection can be used again.</summary>
    internal void Drain() => ReadAll();

    /// <exception cref="ProtocolException">Larger than any answer can be.</exception>
    internal byte[] ReadAll(int limit = MaximumBytes)
    {
        byte[] content = new byte[FirstRead];
        int length = 0;
        int count;
        while ((count = Read(content.AsSpan(length))) > 0)
        {
            length += count;
            if (length > limit)
            {
                throw new ProtocolException($"answer is larger than {limit} bytes");
            }

            if (length == content.Length)
            {
                Array.Resize(ref content, 2 * length);
            }
        }

        return content.AsSpan(0, length).ToArray();
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
