using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroVm.Api.Json;

/// <summary>Reads null as the zero value, as Go's decoder leaves it.</summary>
public sealed class LenientInt32Converter : JsonConverter<int>
{
    public override bool HandleNull => true;

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.Null ? default : reader.GetInt32();

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value);
}
