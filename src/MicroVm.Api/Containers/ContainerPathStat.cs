using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>What stands at a path in a container: base64 JSON in the header <see cref="Header"/>.</summary>
/// <param name="Size">Bytes.</param>
/// <param name="Mode">Go's os.FileMode, see <see cref="GoFileMode"/>.</param>
/// <param name="Mtime">RFC 3339.</param>
/// <param name="LinkTarget">Where a symbolic link leads, resolved in the container; else empty.</param>
public sealed record ContainerPathStat(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("size")] long Size,
    [property: JsonPropertyName("mode")] uint Mode,
    [property: JsonPropertyName("mtime")] string Mtime,
    [property: JsonPropertyName("linkTarget")] string LinkTarget)
{
    public const string Header = "X-Docker-Container-Path-Stat";
}
