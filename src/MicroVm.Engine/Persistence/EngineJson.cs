using System.Text.Json.Serialization;

namespace MicroVm.Engine.Persistence;

[JsonSourceGenerationOptions(UseStringEnumConverter = true, Converters = [typeof(DigestConverter)])]
[JsonSerializable(typeof(ContainerRecord))]
internal sealed partial class EngineJson : JsonSerializerContext;
