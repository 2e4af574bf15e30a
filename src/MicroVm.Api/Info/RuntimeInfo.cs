using System.Text.Json.Serialization;

namespace MicroVm.Api.Info;

public sealed record RuntimeInfo([property: JsonPropertyName("path")] string Path);
