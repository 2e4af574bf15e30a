namespace MicroVm.Engine.Mounts;

/// <summary>A mount as it is asked for, the long way (--mount).</summary>
public sealed record MountRequest
{
    /// <summary>bind or volume.</summary>
    public required string Type { get; init; }

    /// <summary>A path of the host, or a volume's name; empty: an anonymous volume.</summary>
    public string Source { get; init; } = "";

    /// <summary>Absolute path in the container.</summary>
    public string Target { get; init; } = "";

    public bool ReadOnly { get; init; }

    /// <summary>Of a bind mount: told again, and without effect, as a virtual machine shares no mounts with its host.</summary>
    public string Propagation { get; init; } = "";

    /// <summary>Of a bind mount: the host's directory is made where it is missing.</summary>
    public bool CreatesSource { get; init; }

    /// <summary>Of a volume: what the image has at the target is not copied into it.</summary>
    public bool NoCopy { get; init; }

    /// <summary>A directory or file of the volume, which is mounted in its place.</summary>
    public string Subpath { get; init; } = "";

    public string Driver { get; init; } = "";

    public IReadOnlyDictionary<string, string> DriverOptions { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
