namespace MicroVm.Images.Store;

/// <summary>
/// The configuration blob (OCI image-spec, config.md, and Docker's extensions), as far as running and inspecting
/// need it. The raw blob is kept beside it, byte for byte.
/// </summary>
public sealed record ImageConfig
{
    public string Architecture { get; init; } = "amd64";

    public string Os { get; init; } = "linux";

    public string? Variant { get; init; }

    /// <summary>RFC 3339, as in the blob.</summary>
    public string? Created { get; init; }

    public string? Author { get; init; }

    public string? DockerVersion { get; init; }

    public string User { get; init; } = "";

    public IReadOnlyList<string> Env { get; init; } = [];

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Cmd { get; init; }

    public string WorkingDir { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>80/tcp, 53/udp.</summary>
    public IReadOnlyList<string> ExposedPorts { get; init; } = [];

    public IReadOnlyList<string> Volumes { get; init; } = [];

    public string? StopSignal { get; init; }

    public IReadOnlyList<string>? Shell { get; init; }

    /// <summary>Instructions for builds on top of it.</summary>
    public IReadOnlyList<string> OnBuild { get; init; } = [];

    public HealthcheckConfig? Healthcheck { get; init; }

    public IReadOnlyList<ImageHistory> History { get; init; } = [];
}

/// <summary>Docker's HEALTHCHECK; durations in nanoseconds, 0: the default.</summary>
public sealed record HealthcheckConfig(
    IReadOnlyList<string> Test, long Interval, long Timeout, long StartPeriod, long StartInterval, int Retries);

public sealed record ImageHistory(string? Created, string? CreatedBy, string? Author, string? Comment, bool EmptyLayer);
