using System.Buffers;
using System.Text.Json;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Logs;

/// <summary>One line of a json-file log.</summary>
internal static class LogEntryParser
{
    /// <summary>Null: it is no entry.</summary>
    public static LogEntry? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return ParseEntry(line);
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static LogEntry? ParseEntry(ReadOnlySpan<byte> line)
    {
        Utf8JsonReader json = new(line);
        byte[]? text = null;
        OutputStream stream = OutputStream.Stdout;
        DateTimeOffset time = default;
        List<KeyValuePair<string, string>> attributes = [];
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (json.ValueTextEquals("log"u8))
            {
                _ = json.Read();
                text = Unescape(ref json);
            }
            else if (json.ValueTextEquals("stream"u8))
            {
                _ = json.Read();
                stream = json.ValueTextEquals("stderr"u8) ? OutputStream.Stderr : OutputStream.Stdout;
            }
            else if (json.ValueTextEquals("time"u8))
            {
                _ = json.Read();
                time = json.GetDateTimeOffset();
            }
            else if (json.ValueTextEquals("attrs"u8))
            {
                ReadAttributes(ref json, attributes);
            }
            else
            {
                json.Skip();
            }
        }

        return text is null ? null : new(stream, time, text) { Attributes = attributes };
    }

    private static void ReadAttributes(ref Utf8JsonReader json, List<KeyValuePair<string, string>> attributes)
    {
        _ = json.Read();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString()!;
            _ = json.Read();
            attributes.Add(new(name, json.GetString() ?? ""));
        }
    }

    private static byte[] Unescape(ref Utf8JsonReader json)
    {
        if (!json.ValueIsEscaped)
        {
            return json.ValueSpan.ToArray();
        }

        byte[] room = ArrayPool<byte>.Shared.Rent(json.ValueSpan.Length);
        int length = json.CopyString(room);
        byte[] text = room.AsSpan(0, length).ToArray();
        ArrayPool<byte>.Shared.Return(room);
        return text;
    }
}
