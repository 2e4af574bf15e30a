using System.Text.Json.Serialization;

namespace MicroVm.Api.Images;

/// <summary>One of the answer of <c>DELETE /images/{name}</c>: a name or an id that is gone.</summary>
public sealed record ImageDeleteItem
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Untagged { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Deleted { get; init; }
}
