using MicroVm.Cli.Values;

namespace MicroVm.Cli.Builds;

/// <summary>What was asked for on the command line.</summary>
internal sealed class BuildOptions
{
    internal List<string> Arguments { get; } = [];

    internal List<string> CacheFrom { get; } = [];

    internal List<string> ExtraHosts { get; } = [];

    internal List<string> Labels { get; } = [];

    internal List<string> Names { get; } = [];

    internal Dictionary<string, Ulimit> Ulimits { get; } = [];

    /// <summary>A path, or - for stdin; null: Dockerfile in the context.</summary>
    internal string? Dockerfile { get; set; }

    internal string? IdFile { get; set; }

    internal string Network { get; set; } = "";

    internal string Platform { get; set; } = "";

    internal string Target { get; set; } = "";

    /// <summary>Bytes.</summary>
    internal long Memory { get; set; }

    /// <summary>Bytes.</summary>
    internal long ShmSize { get; set; }

    /// <summary>Microseconds.</summary>
    internal int CpuPeriod { get; set; }

    /// <summary>Microseconds.</summary>
    internal int CpuQuota { get; set; }

    internal bool ForceRemove { get; set; }

    internal bool NoCache { get; set; }

    internal bool Pull { get; set; }

    internal bool Quiet { get; set; }

    internal bool Remove { get; set; } = true;
}
