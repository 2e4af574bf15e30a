using System.Text.Json.Serialization;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Persistence;

[JsonSourceGenerationOptions(UseStringEnumConverter = true, Converters = [typeof(DigestConverter)])]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(VmSpec))]
internal sealed partial class EngineJson : JsonSerializerContext;
