using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;

namespace MicroVm.Daemon.Endpoints;

internal static partial class ContainerDocuments
{
    private const long DefaultShmSize = 64L << 20;

    /// <summary>What was asked for, with Docker's words for what was not.</summary>
    private static HostConfig Host(ContainerSpec spec) => new()
    {
        ContainerIDFile = "",
        LogConfig = new(spec.LogDriver.Length == 0 ? "json-file" : spec.LogDriver, spec.LogOptions),
        NetworkMode = NetworkName(spec),
        PortBindings = ByGuestPort(spec.Ports).ToDictionary(port => port.Key, port => (IReadOnlyList<PortBinding>?)RequestedBindings(port)),
        RestartPolicy = RestartPolicies.Document(spec.Restart),
        AutoRemove = spec.AutoRemove,
        Binds = NullIfEmpty(spec.Binds),
        Mounts = spec.Mounts.Count == 0 ? null : [.. spec.Mounts.Select(MountDocuments.Config)],
        VolumesFrom = NullIfEmpty(spec.VolumesFrom),
        VolumeDriver = spec.VolumeDriver,
        ConsoleSize = [0, 0],
        CapAdd = NullIfEmpty(spec.CapAdd),
        CapDrop = NullIfEmpty(spec.CapDrop),
        CgroupnsMode = "private",
        Dns = spec.Dns,
        DnsOptions = spec.DnsOptions,
        DnsSearch = spec.DnsSearch,
        ExtraHosts = NullIfEmpty(spec.ExtraHosts),
        GroupAdd = NullIfEmpty(spec.Groups),
        IpcMode = "private",
        Cgroup = "",
        OomScoreAdj = spec.OomScoreAdjust,
        PidMode = "",
        Privileged = spec.Privileged,
        PublishAllPorts = spec.PublishAllPorts,
        ReadonlyRootfs = spec.ReadOnlyRoot,
        SecurityOpt = NullIfEmpty(spec.SecurityOptions),
        StorageOpt = spec.StorageOptions.Count == 0 ? null : spec.StorageOptions,
        Tmpfs = spec.Tmpfs.Count == 0 ? null : spec.Tmpfs,
        UTSMode = "",
        UsernsMode = "",
        ShmSize = spec.ShmSize == 0 ? DefaultShmSize : spec.ShmSize,
        Sysctls = spec.Sysctls.Count == 0 ? null : spec.Sysctls,
        Runtime = RuntimeNames.FromDriver(spec.Driver),
        Isolation = "",
        Memory = spec.Memory,
        NanoCpus = spec.NanoCpus,
        PidsLimit = spec.ProcessLimit > 0 ? spec.ProcessLimit : null,
        CgroupParent = "",
        CpusetCpus = "",
        CpusetMems = "",
        Devices = [],
        Ulimits = [.. spec.Ulimits.Select(limit => new UlimitConfig(limit.Name, limit.Hard, limit.Soft))],
        Init = spec.Init ? true : null,
    };

    private static IReadOnlyList<PortBinding> RequestedBindings(IEnumerable<MicroVm.Hypervisor.PublishedPort> ports) =>
        [.. Bindings(ports).Select(binding => new PortBinding(
            binding.HostIp == "0.0.0.0" ? "" : binding.HostIp, binding.HostPort == "0" ? "" : binding.HostPort))];

    private static IReadOnlyList<string>? NullIfEmpty(IReadOnlyList<string> list) => list.Count == 0 ? null : list;
}
