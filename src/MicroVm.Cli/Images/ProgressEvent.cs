using System.Text.Json;
using MicroVm.Cli.Http;

namespace MicroVm.Cli.Images;

/// <summary>One line of a progress stream, as <see cref="Api.Images.ProgressMessage"/> defines it.</summary>
/// <param name="Total">0: unknown.</param>
internal sealed record ProgressEvent(string? Id, string Status, string? Stream, string? Error, long Current, long Total)
{
    internal static ProgressEvent Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            bool hasDetail = root.TryGetProperty("progressDetail"u8, out JsonElement detail) && detail.ValueKind == JsonValueKind.Object;
            return new ProgressEvent(
                Text(root, "id"),
                Text(root, "status") ?? "",
                Text(root, "stream"),
                ErrorOf(root),
                hasDetail ? Number(detail, "current") : 0,
                hasDetail ? Number(detail, "total") : 0);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
        {
            throw new ProtocolException("malformed progress line");
        }
    }

    private static string? ErrorOf(JsonElement root) =>
        root.TryGetProperty("errorDetail"u8, out JsonElement detail) && detail.ValueKind == JsonValueKind.Object
            ? Text(detail, "message") ?? Text(root, "error")
            : Text(root, "error");

    private static string? Text(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out JsonElement value) && value.TryGetInt64(out long number) ? number : 0;
}
