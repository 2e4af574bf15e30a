using System.Globalization;
using MicroVm.Api.Containers;
using MicroVm.Engine.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Daemon.Endpoints;

/// <summary>Makes the engine's specification out of a create request that <see cref="CreateSupport"/> let through.</summary>
internal static class ContainerSpecs
{
    private const long NanosPerCpu = 1_000_000_000;
    private const long DefaultCpuPeriod = 100_000;
    private const int MaxPorts = 4096;

    public static ContainerSpec From(ContainerCreateRequest request)
    {
        HostConfig host = request.HostConfig ?? new();
        return new()
        {
            Image = string.IsNullOrEmpty(request.Image) ? throw ApiException.BadRequest("no image specified") : request.Image,
            Command = request.Cmd,
            Entrypoint = request.Entrypoint,
            Environment = Strings(request.Env),
            WorkingDirectory = request.WorkingDir ?? "",
            User = request.User ?? "",
            Groups = Strings(host.GroupAdd),
            Hostname = request.Hostname ?? "",
            Domainname = request.Domainname ?? "",
            Labels = Labels(request.Labels),
            Terminal = request.Tty,
            OpenStdin = request.OpenStdin,
            StdinOnce = request.StdinOnce,
            AttachStdin = request.AttachStdin,
            AttachStdout = request.AttachStdout,
            AttachStderr = request.AttachStderr,
            StopSignal = string.IsNullOrEmpty(request.StopSignal) ? null : request.StopSignal,
            StopTimeout = request.StopTimeout,
            Health = HealthDocuments.Check(request.Healthcheck),
            ExposedPorts = [.. request.ExposedPorts?.Keys ?? []],
            Memory = host.Memory >= 0 ? host.Memory : throw ApiException.BadRequest("invalid memory limit: it is negative"),
            NanoCpus = NanoCpus(host),
            ProcessLimit = Math.Max(host.PidsLimit ?? 0, 0),
            AutoRemove = host.AutoRemove,
            Restart = RestartPolicies.From(host.RestartPolicy, host.AutoRemove),
            ReadOnlyRoot = host.ReadonlyRootfs,
            Privileged = host.Privileged,
            Driver = RuntimeNames.ToDriver(host.Runtime),
            Tmpfs = Tmpfs(host),
            Binds = Strings(host.Binds),
            Mounts = [.. (host.Mounts ?? []).Where(mount => mount.Type != "tmpfs").Select(MountDocuments.Request)],
            VolumesFrom = Strings(host.VolumesFrom),
            Volumes = [.. request.Volumes?.Keys ?? []],
            VolumeDriver = host.VolumeDriver ?? "",
            CapAdd = Strings(host.CapAdd),
            CapDrop = Strings(host.CapDrop),
            SecurityOptions = Strings(host.SecurityOpt),
            Ulimits = [.. (host.Ulimits ?? []).Select(limit => new Ulimit(limit.Name ?? "", limit.Soft, limit.Hard))],
            NetworkMode = NetworkMode(request, host),
            Networks = NetworkRequests.Attachments(request),
            Ports = [.. Ports(host)],
            PublishAllPorts = host.PublishAllPorts,
            Dns = Strings(host.Dns),
            DnsSearch = Strings(host.DnsSearch),
            DnsOptions = Strings(host.DnsOptions),
            ExtraHosts = Strings(host.ExtraHosts),
            Sysctls = host.Sysctls ?? new Dictionary<string, string>(),
            ShmSize = host.ShmSize,
            Init = host.Init ?? false,
            LogDriver = host.LogConfig?.Type ?? "",
            LogOptions = host.LogConfig?.Config ?? new Dictionary<string, string>(),
            StorageOptions = host.StorageOpt ?? new Dictionary<string, string>(),
            OomScoreAdjust = host.OomScoreAdj,
        };
    }

    /// <summary>Zero and what is missing stay as they are, as Docker's clients have it.</summary>
    public static ContainerUpdate Update(HostConfig changes)
    {
        long cpus = NanoCpus(changes);
        return new(
            changes.Memory == 0 ? null : changes.Memory > 0 ? changes.Memory : throw ApiException.BadRequest("invalid memory limit: it is negative"),
            cpus == 0 ? null : cpus,
            changes.PidsLimit is { } limit ? Math.Max(limit, 0) : null,
            string.IsNullOrEmpty(changes.RestartPolicy?.Name) ? null : RestartPolicies.From(changes.RestartPolicy, autoRemove: false));
    }

    internal static IReadOnlyList<string> Strings(IReadOnlyList<string>? list) => list is null ? [] : [.. list.Select(item => item ?? "")];

    internal static Dictionary<string, string> Labels(IReadOnlyDictionary<string, string?>? labels) =>
        labels?.ToDictionary(label => label.Key, label => label.Value ?? "") ?? [];

    private static string NetworkMode(ContainerCreateRequest request, HostConfig host) => request.NetworkDisabled
        ? "none"
        : string.IsNullOrEmpty(host.NetworkMode) ? "default" : host.NetworkMode;

    /// <summary>--cpus, or the older pair of quota and period (microseconds).</summary>
    private static long NanoCpus(HostConfig host)
    {
        if (host.NanoCpus != 0 || host.CpuQuota <= 0)
        {
            return host.NanoCpus;
        }

        long period = host.CpuPeriod > 0 ? host.CpuPeriod : DefaultCpuPeriod;
        return (long)Math.Min((decimal)host.CpuQuota * NanosPerCpu / period, long.MaxValue);
    }

    private static Dictionary<string, string> Tmpfs(HostConfig host)
    {
        var mounts = new Dictionary<string, string>(host.Tmpfs ?? new Dictionary<string, string>());
        foreach (MountConfig mount in (host.Mounts ?? []).Where(mount => mount.Type == "tmpfs"))
        {
            mounts[mount.Target ?? ""] = string.Join(',', TmpfsOptions(mount));
        }

        return mounts;
    }

    private static IEnumerable<string> TmpfsOptions(MountConfig mount)
    {
        if (mount.ReadOnly)
        {
            yield return "ro";
        }

        if (mount.TmpfsOptions is { SizeBytes: > 0 } size)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"size={size.SizeBytes}");
        }

        if (mount.TmpfsOptions is { Mode: > 0 } mode)
        {
            yield return "mode=" + Convert.ToString(mode.Mode, 8);
        }
    }

    private static IEnumerable<PublishedPort> Ports(HostConfig host)
    {
        int count = 0;
        foreach ((string port, IReadOnlyList<PortBinding>? bindings) in host.PortBindings ?? new Dictionary<string, IReadOnlyList<PortBinding>?>())
        {
            (int guestPort, string protocol) = PortText.Parse(port);
            // Named without a binding: any free port, as Docker has it.
            foreach (PortBinding binding in bindings is { Count: > 0 } ? bindings : [new("", "")])
            {
                count += count < MaxPorts ? 1 : throw ApiException.BadRequest("too many published ports");
                yield return new(HostAddress(binding), PortText.ParseHostPort(binding.HostPort), guestPort, protocol);
            }
        }
    }

    private static string HostAddress(PortBinding binding) =>
        string.IsNullOrEmpty(binding.HostIp) ? "0.0.0.0" : binding.HostIp;
}
