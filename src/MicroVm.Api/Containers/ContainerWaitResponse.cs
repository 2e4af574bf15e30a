using System.Text.Json.Serialization;

namespace MicroVm.Api.Containers;

/// <summary>Answer of <c>POST /containers/{id}/wait</c>; its headers come at once, this body when the wait is over.</summary>
public sealed record ContainerWaitResponse
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ContainerWaitError? Error { get; init; }

    public long StatusCode { get; init; }
}

/// <param name="Message">What kept the container from running.</param>
public sealed record ContainerWaitError(string? Message);
