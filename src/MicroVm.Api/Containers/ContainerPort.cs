using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>A port in a container's summary.</summary>
public sealed record ContainerPort
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IP { get; init; }

    public int PrivatePort { get; init; }

    /// <summary>0: exposed, not published.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int PublicPort { get; init; }

    /// <summary>tcp, udp.</summary>
    public string Type { get; init; } = "";
}
