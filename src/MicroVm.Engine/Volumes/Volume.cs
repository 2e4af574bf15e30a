using System.Text.Json.Serialization;

namespace MicroVm.Engine.Volumes;

/// <summary>A directory that outlives containers.</summary>
public sealed record Volume
{
    /// <summary>What Docker marks a volume with that got its name from the daemon.</summary>
    public const string AnonymousLabel = "com.docker.volume.anonymous";

    /// <summary>The only driver: directories of this host.</summary>
    public const string LocalDriver = "local";

    public required string Name { get; init; }

    public required DateTimeOffset Created { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Of the driver: see <see cref="LocalOptions"/>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Absolute path of the directory that has its files.</summary>
    [JsonIgnore]
    public string Mountpoint { get; init; } = "";

    [JsonIgnore]
    public bool IsAnonymous => Labels.ContainsKey(AnonymousLabel);
}

/// <param name="Name">Empty: one is made up, and the volume is anonymous.</param>
/// <param name="Driver">Empty: local.</param>
public sealed record VolumeRequest(
    string Name, string Driver, IReadOnlyDictionary<string, string> Options, IReadOnlyDictionary<string, string> Labels);
