using System.Text.Json.Serialization;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Volumes;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Persistence;

[JsonSourceGenerationOptions(UseStringEnumConverter = true, Converters = [typeof(DigestConverter)])]
[JsonSerializable(typeof(ContainerRecord))]
[JsonSerializable(typeof(VmSpec))]
[JsonSerializable(typeof(NetworkRecord))]
[JsonSerializable(typeof(Volume))]
internal sealed partial class EngineJson : JsonSerializerContext;
