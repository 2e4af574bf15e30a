using System.Text.Json.Serialization;

namespace MicroVm.Api.Info;

/// <summary>Answer of <c>GET /version</c>.</summary>
public sealed record VersionResponse
{
    public VersionPlatform Platform { get; init; } = new("");

    public IReadOnlyList<ComponentVersion> Components { get; init; } = [];

    public string Version { get; init; } = "";

    public string ApiVersion { get; init; } = "";

    public string MinAPIVersion { get; init; } = "";

    public string GitCommit { get; init; } = "";

    public string GoVersion { get; init; } = "";

    public string Os { get; init; } = "";

    public string Arch { get; init; } = "";

    public string KernelVersion { get; init; } = "";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Experimental { get; init; }

    public string BuildTime { get; init; } = "";
}

public sealed record VersionPlatform(string Name);

public sealed record ComponentVersion(string Name, string Version, IReadOnlyDictionary<string, string>? Details);
