using System.Text.Json.Serialization;

namespace MicroVm.Api.Events;

/// <summary>One line of <c>GET /events</c>. The first three are those of old clients, for containers and images alone.</summary>
public sealed record EventMessage
{
    [JsonPropertyName("status"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Status { get; init; }

    [JsonPropertyName("id"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    /// <summary>A container's image.</summary>
    [JsonPropertyName("from"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    public string Type { get; init; } = "";

    public string Action { get; init; } = "";

    public EventActor Actor { get; init; } = new("", null);

    [JsonPropertyName("scope")]
    public string Scope { get; init; } = "";

    /// <summary>Unix seconds.</summary>
    [JsonPropertyName("time")]
    public long Time { get; init; }

    /// <summary>Unix nanoseconds.</summary>
    [JsonPropertyName("timeNano")]
    public long TimeNano { get; init; }
}

/// <summary>What an event happened to.</summary>
public sealed record EventActor([property: JsonPropertyName("ID")] string Id, IReadOnlyDictionary<string, string>? Attributes);
