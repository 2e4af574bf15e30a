using System.Security.Cryptography;
using MicroVm.Engine.Configuration;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Networks;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Containers;

/// <summary>Translates a container's resources into its virtual machine.</summary>
internal static class VmSpecs
{
    private const long MiB = 1 << 20;
    internal const double Billion = 1e9;
    private const int MaxVCpus = 64;

    public static VmSpec Make(
        ContainerSnapshot container,
        ContainerPaths paths,
        PreparedDisks disks,
        IReadOnlyList<PublishedPort> ports,
        EngineOptions options,
        HypervisorInfo host) => new()
        {
            Id = container.Id,
            Driver = string.IsNullOrEmpty(container.Spec.Driver) ? host.Driver : container.Spec.Driver,
            Name = container.Name,
            Labels = container.Effective.Labels,
            RuntimeDirectory = paths.RuntimeDirectory,
            ConsoleLog = paths.KernelLog,
            Kernel = GuestFiles.KernelFor(options.Kernel, host.Accelerator),
            Initramfs = options.Initramfs,
            VCpus = VCpus(container.Spec, options, host),
            Memory = Memory(container.Spec, options),
            Token = RandomNumberGenerator.GetBytes(32),
            Root = disks.Root,
            Scratch = disks.Scratch,
            Networks = Networks(container, ports),
            Shares = GuestMounts.Shares(container),
            CpuQuota = container.Spec.NanoCpus > 0 ? container.Spec.NanoCpus / Billion : null,
        };

    /// <summary>A VM with the container's disks in which none of its own programs runs: as small as one that boots.</summary>
    public static VmSpec MakeOffline(
        ContainerSnapshot container, string runtimeDirectory, PreparedDisks disks, EngineOptions options, HypervisorInfo host) => new()
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)),
            Driver = string.IsNullOrEmpty(container.Spec.Driver) ? host.Driver : container.Spec.Driver,
            Name = container.Name + "-files",
            RuntimeDirectory = runtimeDirectory,
            ConsoleLog = Path.Combine(runtimeDirectory, "console.log"),
            Kernel = GuestFiles.KernelFor(options.Kernel, host.Accelerator),
            Initramfs = options.Initramfs,
            VCpus = 1,
            Memory = options.MinimumMemory,
            Token = RandomNumberGenerator.GetBytes(32),
            Root = disks.Root,
            Scratch = disks.Scratch,
            Shares = GuestMounts.Shares(container),
        };

    /// <summary>-p's ports, and with -P every exposed port that they leave out; none where there is no way in.</summary>
    public static IReadOnlyList<PublishedPort> WantedPorts(ContainerSnapshot container, IReadOnlyList<NetworkEndpoint> endpoints)
    {
        ContainerSpec spec = container.Spec;
        if (!endpoints.Any(endpoint => endpoint.IsWayOut))
        {
            return [];
        }

        List<PublishedPort> ports = [.. spec.Ports];
        if (spec.PublishAllPorts)
        {
            foreach (string exposed in container.Effective.ExposedPorts)
            {
                AddExposed(ports, exposed);
            }
        }

        return ports;
    }

    private static void AddExposed(List<PublishedPort> ports, string exposed)
    {
        if (PortNames.TryParse(exposed, out int port, out string protocol)
            && !ports.Exists(p => p.GuestPort == port && p.Protocol == protocol))
        {
            ports.Add(new("0.0.0.0", 0, port, protocol));
        }
    }

    private static int VCpus(ContainerSpec spec, EngineOptions options, HypervisorInfo host)
    {
        if (spec.NanoCpus > 0)
        {
            return (int)Math.Ceiling(spec.NanoCpus / Billion);
        }

        return DefaultVCpus(options, host);
    }

    /// <summary>Of a container that asks for no CPUs: 1–64.</summary>
    internal static int DefaultVCpus(EngineOptions options, HypervisorInfo host)
    {
        int standard = host.Accelerator == "kvm" ? Environment.ProcessorCount : 1;
        return Math.Clamp(options.DefaultVCpus > 0 ? options.DefaultVCpus : standard, 1, MaxVCpus);
    }

    /// <summary>Whole MiB, rounded up.</summary>
    private static long Memory(ContainerSpec spec, EngineOptions options)
    {
        long bytes = spec.Memory > 0 ? spec.Memory : options.DefaultMemory;
        return (bytes + MiB - 1) / MiB * MiB;
    }

    /// <summary>The ports are those of the way out.</summary>
    private static IReadOnlyList<NetworkSpec> Networks(ContainerSnapshot container, IReadOnlyList<PublishedPort> ports) =>
    [
        .. container.Endpoints.Select(endpoint => new NetworkSpec
        {
            Tap = endpoint.Tap.Length > 0 ? endpoint.Tap : null,
            MacAddress = endpoint.MacAddress,
            Ports = endpoint.IsWayOut ? ports : [],
        }),
    ];
}
