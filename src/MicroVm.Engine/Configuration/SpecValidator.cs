using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Guest;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Mounts;
using MicroVm.Hypervisor;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Configuration;

/// <summary>
/// Refuses what could never run, at create and in Docker's words. What it lets through fits the bounds of the wire
/// protocol (<see cref="ProtocolLimits"/> and the limits of <see cref="Setup"/> and <see cref="Start"/>).
/// </summary>
internal static partial class SpecValidator
{
    private const long MiB = 1 << 20;
    private const int MaxMounts = ContainerMounts.Max;

    /// <summary>Throws <see cref="EngineException"/> (Invalid); returns warnings for what has no effect.</summary>
    public static IReadOnlyList<string> Validate(ContainerSpec spec, EffectiveConfig effective, EngineOptions options)
    {
        ValidateHost(spec);
        ValidateProcess(effective, ConfigMerge.Arguments(effective));
        ProcessValidator.CheckGroups(spec.Groups);
        ValidateResources(spec, options);
        ValidateMounts(spec, effective);
        _ = LogSettings.Parse(spec.LogDriver, spec.LogOptions);
        LogAttributes.Check(spec, effective);
        ValidateNetwork(spec, effective);
        _ = Capabilities.Resolve(spec.CapAdd, spec.CapDrop, spec.Privileged);
        _ = ResourceLimits.Resolve(spec.Ulimits);
        SecurityOptions security = SecurityOptions.Parse(spec.SecurityOptions);
        return [.. security.Ignored.Select(name => $"--security-opt {name} has no effect: the virtual machine is the boundary.")];
    }

    private static void ValidateHost(ContainerSpec spec)
    {
        Require(spec.Hostname.Length == 0 || HostName().IsMatch(spec.Hostname), $"invalid hostname: {OneLine.Of(spec.Hostname, 80)}");
        Require(
            spec.Domainname.Length == 0 || HostName().IsMatch(spec.Domainname),
            $"invalid domainname: {OneLine.Of(spec.Domainname, 80)}");
    }

    private static void ValidateProcess(EffectiveConfig effective, IReadOnlyList<string> arguments)
    {
        ProcessValidator.Check(arguments, effective.Environment);
        ProcessValidator.Check(effective.Health?.Test ?? [], []);
        ProcessValidator.CheckDirectory(effective.WorkingDirectory);
        ProcessValidator.CheckUser(effective.User);
        if (effective.StopSignal is not null)
        {
            _ = Signals.Parse(effective.StopSignal);
        }
    }

    private static void ValidateResources(ContainerSpec spec, EngineOptions options)
    {
        string minimum = (options.MinimumMemory / MiB).ToString(CultureInfo.InvariantCulture);
        Require(
            spec.Memory == 0 || spec.Memory >= options.MinimumMemory, $"Minimum memory limit allowed is {minimum}MB");
        Require(spec.Memory <= 1L << 42, "memory limit too large: at most 4TB");
        Require(spec.ProcessLimit is >= 0 and <= 4_194_304, "pids limit: from 1 to 4194304, or 0 for none");
        int cpus = Environment.ProcessorCount;
        Require(
            spec.NanoCpus >= 0 && spec.NanoCpus <= Math.Min(cpus, 64) * 1_000_000_000L && spec.NanoCpus is 0 or >= 10_000_000,
            $"range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available");
        Require(spec.ShmSize >= 0, "SHM size can not be less than 0");
        Require(spec.OomScoreAdjust is >= -1000 and <= 1000, $"Invalid value {spec.OomScoreAdjust}, range for oom score adj is [-1000, 1000]");
        Require(spec.StopTimeout is null or >= -1, $"invalid stop timeout: {spec.StopTimeout}");
        foreach ((string name, string value) in spec.StorageOptions)
        {
            Require(name == "size" && ByteSize.TryParse(value, out long size) && size >= 16 * MiB,
                $"invalid storage option {OneLine.Of(name, 64)}={OneLine.Of(value, 64)}: size=BYTES of at least 16m is understood");
        }
    }

    private static void ValidateMounts(ContainerSpec spec, EffectiveConfig effective)
    {
        Require(spec.Tmpfs.Count <= 128, "too many tmpfs mounts: at most 128");
        foreach ((string target, string mountOptions) in spec.Tmpfs)
        {
            TmpfsOptions.ValidateTarget(target);
            _ = TmpfsOptions.ToMount(target, mountOptions);
        }

        int mounts = spec.Binds.Count + spec.Mounts.Count + effective.Volumes.Count;
        Require(mounts <= MaxMounts, $"too many volumes and bind mounts: at most {MaxMounts}");
        Require(spec.Sysctls.Count <= 64, "too many sysctls: at most 64");
        foreach (string name in spec.Sysctls.Keys)
        {
            Require(SysctlName().IsMatch(name), $"invalid sysctl: {OneLine.Of(name, 128)}");
        }
    }

    private static void ValidateNetwork(ContainerSpec spec, EffectiveConfig effective)
    {
        Require(
            spec.NetworkMode is not "host" && !spec.NetworkMode.StartsWith("container:", StringComparison.Ordinal),
            $"network mode \"{OneLine.Of(spec.NetworkMode, 128)}\" is not supported: a virtual machine has a network stack of its own");
        foreach (PublishedPort port in spec.Ports)
        {
            Require(
                port.GuestPort is >= 1 and <= 65535 && port.HostPort is >= 0 and <= 65535 && port.Protocol is "tcp" or "udp",
                $"invalid port specification: \"{port.HostPort}:{port.GuestPort}/{OneLine.Of(port.Protocol, 16)}\"");
            Require(
                port.HostAddress.Length == 0 || IsIPv4(port.HostAddress),
                $"invalid IP address in port specification: {OneLine.Of(port.HostAddress, 64)}");
        }

        foreach (string exposed in effective.ExposedPorts)
        {
            Require(PortNames.TryParse(exposed, out _, out _), $"invalid port specification: \"{OneLine.Of(exposed, 32)}\"");
        }

        foreach (string server in spec.Dns)
        {
            Require(IPAddress.TryParse(server, out _), $"invalid DNS server: {OneLine.Of(server, 64)}");
        }

        foreach (string extra in spec.ExtraHosts)
        {
            Require(EtcFiles.TryParseExtraHost(extra, out _, out _), $"bad format for add-host: \"{OneLine.Of(extra, 128)}\"");
        }
    }

    private static bool IsIPv4(string text) =>
        IPAddress.TryParse(text, out IPAddress? address) && address.AddressFamily == AddressFamily.InterNetwork;

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new EngineException(EngineErrorKind.Invalid, message);
        }
    }

    // sethostname(2) takes 64 bytes; RFC 1123 labels, and the underscore that Docker lets through.
    [GeneratedRegex(@"\A(?=.{1,63}\z)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*\z")]
    private static partial Regex HostName();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]+([./][A-Za-z0-9_-]+)+\z")]
    private static partial Regex SysctlName();
}
