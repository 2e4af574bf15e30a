namespace MicroVm.Engine.Mounts;

/// <summary>A volume or bind mount that a container has, from its creation to its removal.</summary>
public sealed record ContainerMount
{
    public const string Bind = "bind";
    public const string Volume = "volume";

    /// <summary>bind or volume.</summary>
    public required string Type { get; init; }

    /// <summary>Of a volume; else empty.</summary>
    public string Name { get; init; } = "";

    /// <summary>Absolute path of the host.</summary>
    public required string Source { get; init; }

    /// <summary>Absolute path in the container, without "." and "..".</summary>
    public required string Destination { get; init; }

    /// <summary>As it was given, such as ro,z.</summary>
    public string Mode { get; init; } = "";

    public bool ReadOnly { get; init; }

    public string Propagation { get; init; } = "";

    /// <summary>It begins with what the image has at the destination, if it is empty when the container is first started.</summary>
    public bool Populates { get; init; }

    /// <summary>Got its name from the daemon: goes with the container where that is asked for.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>A source that is missing at the start is made.</summary>
    public bool CreatesSource { get; init; }

    public string Subpath { get; init; } = "";

    /// <summary>Options of a tmpfs that stands in its place; null: it is a directory or file of the host.</summary>
    public string? Tmpfs { get; init; }

    /// <summary>Levels from the root: what is mounted further down is mounted later.</summary>
    internal int Depth => Destination.Count(c => c == '/');
}
