using MicroVm.Api.Containers;

namespace MicroVm.Daemon.Endpoints;

/// <summary>
/// Refuses what a create request asks for and is not done here, where leaving it out would change what the container
/// means; warns of what has no effect in a virtual machine of its own.
/// </summary>
internal static class CreateSupport
{
    /// <summary>Throws 501 or 400; returns the warnings.</summary>
    public static IReadOnlyList<string> Check(ContainerCreateRequest request)
    {
        HostConfig host = request.HostConfig ?? new();
        CheckStorage(host);
        CheckDevices(host);
        CheckNamespaces(host);
        CheckNetworks(host, request.NetworkingConfig);
        CheckLifecycle(host);
        return Warnings(host);
    }

    private static void CheckStorage(HostConfig host)
    {
        foreach (MountConfig mount in host.Mounts ?? [])
        {
            Refuse(mount.Type is not ("bind" or "volume" or "tmpfs"), $"mounts of type {mount.Type} are not supported: bind, volume and tmpfs are");
            Refuse(mount.BindOptions is { NonRecursive: true }, "bind mounts without what is mounted below (bind-recursive=disabled) are not supported");
        }
    }

    private static void CheckDevices(HostConfig host)
    {
        Refuse(host.Devices is { Count: > 0 }, "host devices are not supported: a virtual machine does not see them");
        Refuse(host.DeviceRequests is { Count: > 0 }, "device requests (--gpus) are not supported");
        Refuse(host.DeviceCgroupRules is { Count: > 0 }, "device cgroup rules are not supported");
    }

    private static void CheckNamespaces(HostConfig host)
    {
        const string own = "a virtual machine shares no namespace with the host or another container";
        Refuse(!string.IsNullOrEmpty(host.PidMode), $"pid mode {host.PidMode} is not supported: {own}");
        Refuse(host.IpcMode is not (null or "" or "private" or "shareable" or "none"), $"ipc mode {host.IpcMode} is not supported: {own}");
        Refuse(!string.IsNullOrEmpty(host.UTSMode), $"uts mode {host.UTSMode} is not supported: {own}");
        Refuse(!string.IsNullOrEmpty(host.Cgroup), $"cgroup {host.Cgroup} is not supported: {own}");
        _ = RuntimeNames.ToDriver(host.Runtime);
        Refuse(host.Isolation is not (null or "" or "default"), $"isolation {host.Isolation} is not supported");
    }

    private static void CheckNetworks(HostConfig host, NetworkingConfig? networking)
    {
        Refuse(host.Links is { Count: > 0 }, "links between containers are not supported: containers of one network find each other by name");
        foreach (EndpointSettings? endpoint in networking?.EndpointsConfig?.Values ?? [])
        {
            NetworkRequests.Check(endpoint);
        }
    }

    private static void CheckLifecycle(HostConfig host)
    {
    }

    /// <summary>What is given and has no effect.</summary>
    public static IReadOnlyList<string> Warnings(HostConfig host)
    {
        (bool Given, string Name)[] ineffective =
        [
            (host.CpuShares != 0, "cpu-shares"),
            (!string.IsNullOrEmpty(host.CpusetCpus), "cpuset-cpus"),
            (!string.IsNullOrEmpty(host.CpusetMems), "cpuset-mems"),
            (host.CpuRealtimePeriod != 0 || host.CpuRealtimeRuntime != 0, "cpu-rt-period"),
            (host.BlkioWeight != 0, "blkio-weight"),
            (host.MemoryReservation != 0, "memory-reservation"),
            (host.MemorySwap is not (0 or -1) && host.MemorySwap != host.Memory && host.MemorySwap != 2 * host.Memory, "memory-swap"),
            (host.MemorySwappiness is >= 0, "memory-swappiness"),
            (host.KernelMemory is > 0, "kernel-memory"),
            (host.OomKillDisable == true, "oom-kill-disable"),
            (!string.IsNullOrEmpty(host.CgroupParent), "cgroup-parent"),
        ];
        return [.. ineffective.Where(option => option.Given).Select(option => $"--{option.Name} has no effect.")];
    }

    private static void Refuse(bool condition, string message)
    {
        if (condition)
        {
            throw ApiException.Unsupported(message);
        }
    }
}
