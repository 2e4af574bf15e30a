namespace MicroVm.Images.Registry;

/// <summary>How registries are reached; the daemon binds it from its configuration file.</summary>
public sealed record RegistryOptions
{
    /// <summary>
    /// Registry host (<c>docker.io</c>, <c>registry.example:5000</c>) to the base addresses tried before it, in order
    /// (<c>http://127.0.0.1:5000</c>). Docker's <c>registry-mirrors</c> are those of <c>docker.io</c>.
    /// </summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Mirrors { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>
    /// Hosts (<c>HOST</c>, <c>HOST:PORT</c>) or networks (<c>10.0.0.0/8</c>) reached without a valid certificate or
    /// by plain HTTP. Loopback always is.
    /// </summary>
    public IReadOnlyList<string> InsecureRegistries { get; init; } = [];

    /// <summary>
    /// <c>HOST:PORT/*.crt</c> are certificate authorities trusted for that registry, <c>*.cert</c> with <c>*.key</c> are
    /// client certificates (the layout of Docker's <c>/etc/docker/certs.d</c>). Null: the system's authorities alone.
    /// </summary>
    public string? CertsDirectory { get; init; }

    /// <summary>Layers of one pull in flight at once, 1 to 64.</summary>
    public int MaxConcurrentDownloads { get; init; } = 3;

    /// <summary>Attempts per request or layer, 1 to 20; a layer goes on at the offset it had.</summary>
    public int MaxDownloadAttempts { get; init; } = 5;

    /// <summary>Wait before the second attempt; doubles each time, to at most 30 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait for a connection.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Longest wait for a response's head, and for the next bytes of its body.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest uncompressed layer, bytes: the bound on decompression bombs.</summary>
    public long MaxLayerSize { get; init; } = 64L << 30;
}
