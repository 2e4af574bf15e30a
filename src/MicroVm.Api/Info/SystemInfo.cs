namespace MicroVm.Api.Info;

/// <summary>Answer of <c>GET /info</c>.</summary>
public sealed record SystemInfo
{
    public string ID { get; init; } = "";

    public int Containers { get; init; }

    public int ContainersRunning { get; init; }

    public int ContainersPaused { get; init; }

    public int ContainersStopped { get; init; }

    public int Images { get; init; }

    /// <summary>Storage driver.</summary>
    public string Driver { get; init; } = "";

    /// <summary>Pairs of label and value that <c>docker info</c> prints below the storage driver.</summary>
    public IReadOnlyList<IReadOnlyList<string>> DriverStatus { get; init; } = [];

    public InfoPlugins Plugins { get; init; } = new();

    public bool MemoryLimit { get; init; }

    public bool SwapLimit { get; init; }

    public bool CpuCfsPeriod { get; init; }

    public bool CpuCfsQuota { get; init; }

    public bool CPUShares { get; init; }

    public bool CPUSet { get; init; }

    public bool PidsLimit { get; init; }

    public bool IPv4Forwarding { get; init; }

    public bool Debug { get; init; }

    public int NFd { get; init; }

    public bool OomKillDisable { get; init; }

    public int NGoroutines { get; init; }

    public string SystemTime { get; init; } = "";

    public string LoggingDriver { get; init; } = "";

    public string CgroupDriver { get; init; } = "";

    public string CgroupVersion { get; init; } = "";

    public int NEventsListener { get; init; }

    public string KernelVersion { get; init; } = "";

    public string OperatingSystem { get; init; } = "";

    public string OSVersion { get; init; } = "";

    public string OSType { get; init; } = "";

    public string Architecture { get; init; } = "";

    public string IndexServerAddress { get; init; } = "";

    public RegistryConfig RegistryConfig { get; init; } = new();

    public int NCPU { get; init; }

    /// <summary>Bytes.</summary>
    public long MemTotal { get; init; }

    public IReadOnlyList<string>? GenericResources { get; init; }

    public string DockerRootDir { get; init; } = "";

    public string HttpProxy { get; init; } = "";

    public string HttpsProxy { get; init; } = "";

    public string NoProxy { get; init; } = "";

    public string Name { get; init; } = "";

    public IReadOnlyList<string> Labels { get; init; } = [];

    public bool ExperimentalBuild { get; init; }

    public string ServerVersion { get; init; } = "";

    public IReadOnlyDictionary<string, RuntimeInfo> Runtimes { get; init; } = new Dictionary<string, RuntimeInfo>();

    public string DefaultRuntime { get; init; } = "";

    public SwarmInfo Swarm { get; init; } = new();

    public bool LiveRestoreEnabled { get; init; }

    public string Isolation { get; init; } = "";

    public string InitBinary { get; init; } = "";

    public ComponentCommit ContainerdCommit { get; init; } = new("");

    public ComponentCommit RuncCommit { get; init; } = new("");

    public ComponentCommit InitCommit { get; init; } = new("");

    public IReadOnlyList<string> SecurityOptions { get; init; } = [];

    /// <summary>Lines that <c>docker info</c> prints at its end.</summary>
    public IReadOnlyList<string>? Warnings { get; init; }

    /// <summary>What Docker has no word for.</summary>
    public MvmInfo? Mvm { get; init; }
}
