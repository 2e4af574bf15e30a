using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using MicroVm.Api;
using MicroVm.Api.Info;
using MicroVm.Daemon.Hosting;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;
using MicroVm.Hypervisor.Host;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Makes the documents of <c>/version</c> and <c>/info</c>.</summary>
internal static class SystemDocuments
{
    private const string DockerHub = "https://index.docker.io/v1/";

    public static VersionResponse Version(HypervisorInfo hypervisor) => new()
    {
        Platform = new(ProductInfo.PlatformName),
        Version = ProductInfo.Version,
        ApiVersion = ApiVersions.Current,
        MinAPIVersion = ApiVersions.Minimum,
        GitCommit = ProductInfo.Commit,
        GoVersion = RuntimeInformation.FrameworkDescription,
        Os = "linux",
        Arch = ProductInfo.Architecture,
        KernelVersion = HostInfo.KernelVersion,
        Components =
        [
            new("Engine", ProductInfo.Version, new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["ApiVersion"] = ApiVersions.Current,
                ["MinAPIVersion"] = ApiVersions.Minimum,
                ["Os"] = "linux",
                ["Arch"] = ProductInfo.Architecture,
                ["Experimental"] = "false",
                ["GoVersion"] = RuntimeInformation.FrameworkDescription,
                ["GitCommit"] = ProductInfo.Commit,
                ["KernelVersion"] = HostInfo.KernelVersion,
            }),
            new(hypervisor.Driver, hypervisor.Version, new SortedDictionary<string, string>(StringComparer.Ordinal)
            {
                ["Accelerator"] = hypervisor.Accelerator,
                ["Transport"] = hypervisor.Transport,
            }),
        ],
    };

    public static SystemInfo Info(
        IReadOnlyList<ContainerSnapshot> containers, int images, HypervisorInfo hypervisor, DaemonOptions options,
        IReadOnlyList<HostFinding> host) => new()
        {
            ID = Id(options.Root),
            Containers = containers.Count,
            ContainersRunning = Count(containers, ContainerStatus.Running),
            ContainersPaused = Count(containers, ContainerStatus.Paused),
            ContainersStopped = containers.Count - Count(containers, ContainerStatus.Running) - Count(containers, ContainerStatus.Paused),
            Images = images,
            Driver = ContainerDocuments.StorageDriver,
            DriverStatus =
        [
            ["Hypervisor", $"{hypervisor.Driver} {hypervisor.Version}"],
            ["Accelerator", hypervisor.Accelerator],
            ["Guest channel", hypervisor.Transport],
            ["Warm start", options.WarmStart ? "on" : "off"],
        ],
            Plugins = new() { Volume = [], Network = ["bridge", "null"], Log = ["json-file"] },
            MemoryLimit = true,
            CpuCfsPeriod = true,
            CpuCfsQuota = true,
            IPv4Forwarding = true,
            Debug = options.Debug,
            NFd = HostInfo.OpenDescriptors,
            SystemTime = Timestamps.Format(DateTimeOffset.UtcNow),
            LoggingDriver = "json-file",
            CgroupDriver = "none",
            CgroupVersion = "2",
            KernelVersion = HostInfo.KernelVersion,
            OperatingSystem = HostInfo.OperatingSystem,
            OSVersion = HostInfo.OperatingSystemVersion,
            OSType = "linux",
            Architecture = "x86_64",
            IndexServerAddress = DockerHub,
            RegistryConfig = Registries(options),
            NCPU = Environment.ProcessorCount,
            MemTotal = HostInfo.MemoryTotal,
            DockerRootDir = options.Root,
            Name = Environment.MachineName,
            ServerVersion = ProductInfo.Version,
            Runtimes = RuntimeNames.All.ToDictionary(name => name, _ => new RuntimeInfo("mvmd")),
            DefaultRuntime = RuntimeNames.Default,
            LiveRestoreEnabled = true,
            SecurityOptions = ["name=seccomp,profile=builtin"],
            Warnings = hypervisor.AcceleratorReason.Length == 0
            ? null
            : [$"WARNING: software emulation, not KVM: {hypervisor.AcceleratorReason}"],
            Mvm = new(
            hypervisor.Driver, hypervisor.Version, hypervisor.Accelerator, hypervisor.AcceleratorReason, hypervisor.Transport, HostFeatures(host)),
        };

    private static IReadOnlyList<HostFeature> HostFeatures(IReadOnlyList<HostFinding> host) =>
        [.. host.Select(finding => new HostFeature(finding.Name, finding.State.ToString().ToLowerInvariant(), finding.Found))];

    private static int Count(IReadOnlyList<ContainerSnapshot> containers, ContainerStatus status) =>
        containers.Count(container => container.Status == status);

    private static RegistryConfig Registries(DaemonOptions options) => new()
    {
        InsecureRegistryCIDRs = ["127.0.0.0/8", "::1/128", .. options.InsecureRegistries.Where(name => name.Contains('/', StringComparison.Ordinal))],
        IndexConfigs = options.InsecureRegistries
            .Where(name => !name.Contains('/', StringComparison.Ordinal))
            .Select(name => new IndexInfo(name, [], Secure: false, Official: false))
            .Append(new IndexInfo("docker.io", options.RegistryMirrors, Secure: true, Official: true))
            .DistinctBy(index => index.Name)
            .ToDictionary(index => index.Name),
        Mirrors = options.RegistryMirrors,
    };

    /// <summary>The same for the life of this host's root directory, without saying which host that is.</summary>
    private static string Id(string root)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(HostInfo.MachineId + "\0mvmd\0" + root));
        return new Guid(hash.AsSpan(0, 16)).ToString();
    }
}
