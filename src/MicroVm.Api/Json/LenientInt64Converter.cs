using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroVm.Api.Json;

/// <summary>Reads null as the zero value, as Go's decoder leaves it.</summary>
public sealed class LenientInt64Converter : JsonConverter<long>
{
    public override bool HandleNull => true;

    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? default : reader.GetInt64();

    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
