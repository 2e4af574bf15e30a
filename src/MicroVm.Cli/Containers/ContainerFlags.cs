using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Containers;

/// <summary>The flags that <c>create</c> and <c>run</c> share, with Docker's names, units and messages.</summary>
internal static class ContainerFlags
{
    internal static void Define(FlagSet flags, ContainerOptions options)
    {
        DefineProcess(flags, options);
        DefineEnvironment(flags, options);
        DefineIdentity(flags, options);
        DefineResources(flags, options);
        MountFlags.Define(flags, options);
        DefineSecurity(flags, options);
        DefineNetwork(flags, options);
        DefineImage(flags, options);
        HealthFlags.Define(flags, options);
    }

    private static void DefineProcess(FlagSet flags, ContainerOptions options)
    {
        flags.Text("attach", 'a', "Attach to STDIN, STDOUT or STDERR", value => options.Attach.Add(AttachedStream(value)), "list");
        flags.Switch("interactive", 'i', "Keep STDIN open even if not attached", value => options.Interactive = value);
        flags.Switch("tty", 't', "Allocate a pseudo-TTY", value => options.Terminal = value);
        flags.Text("entrypoint", '\0', "Overwrite the default ENTRYPOINT of the image", value => options.Entrypoint = value);
        flags.Text("workdir", 'w', "Working directory inside the container", value => options.WorkingDirectory = value);
        flags.Text("user", 'u', "Username or UID (format: <name|uid>[:<group|gid>])", value => options.User = value);
        flags.Text("group-add", '\0', "Add additional groups to join", value => options.Groups.Add(value), "list");
        flags.Switch("init", '\0', "Run an init inside the container that forwards signals and reaps processes", value => options.Init = value);
        flags.Text("stop-signal", '\0', "Signal to stop the container", value => options.StopSignal = value);
        flags.Integer("stop-timeout", '\0', "Timeout (in seconds) to stop a container", value => options.StopTimeout = value);
        flags.Switch("rm", '\0', "Automatically remove the container when it exits", value => options.Remove = value);
    }

    private static void DefineEnvironment(FlagSet flags, ContainerOptions options)
    {
        flags.Text("env", 'e', "Set environment variables", value => options.Environment.Add(FlagValues.Variable(value)), "list");
        flags.Text("env-file", '\0', "Read in a file of environment variables", value => options.EnvironmentFiles.Add(value), "list");
        flags.Text("label", 'l', "Set meta data on a container", value => options.Labels.Add(FlagValues.Label(value)), "list");
        flags.Text("label-file", '\0', "Read in a line delimited file of labels", value => options.LabelFiles.Add(value), "list");
    }

    private static void DefineIdentity(FlagSet flags, ContainerOptions options)
    {
        flags.Text("name", '\0', "Assign a name to the container", value => options.Name = value);
        flags.Text("hostname", 'h', "Container host name", value => options.Hostname = value);
        flags.Text("domainname", '\0', "Container NIS domain name", value => options.Domainname = value);
        flags.Text("cidfile", '\0', "Write the container ID to the file", value => options.ContainerIdFile = value);
    }

    private static void DefineResources(FlagSet flags, ContainerOptions options)
    {
        flags.Text("memory", 'm', "Memory limit", value => options.Memory = ByteSize.Parse(value), "bytes");
        flags.Text("cpus", '\0', "Number of CPUs", value => options.NanoCpus = CpuCount.Parse(value), "decimal");
        flags.Integer("pids-limit", '\0', "Tune container pids limit (set -1 for unlimited)", value => options.ProcessLimit = value);
        flags.Text("shm-size", '\0', "Size of /dev/shm", value => options.ShmSize = ByteSize.Parse(value), "bytes");
        flags.Text("ulimit", '\0', "Ulimit options", value => Add(options.Ulimits, Ulimit.Parse(value)), "ulimit");
        flags.Integer("oom-score-adj", '\0', "Tune host's OOM preferences (-1000 to 1000)", value => options.OomScoreAdjust = value);
        flags.Text("storage-opt", '\0', "Storage driver options for the container", value => options.StorageOptions.Add(value), "list");
        flags.Text("log-driver", '\0', "Logging driver for the container (json-file, local, none)", value => options.LogDriver = value);
        flags.Text("log-opt", '\0', "Log driver options", value => FlagValues.AddPair(options.LogOptions, value, "log-opt"), "list");
        flags.Switch("read-only", '\0', "Mount the container's root filesystem as read only", value => options.ReadOnly = value);
    }

    private static void DefineSecurity(FlagSet flags, ContainerOptions options)
    {
        flags.Switch("privileged", '\0', "Give extended privileges to this container", value => options.Privileged = value);
        flags.Text("runtime", '\0', "Runtime to use for this container (\"qemu\", \"libvirt\")", value => options.Runtime = value);
        flags.Text("driver", '\0', "Hypervisor driver: another name for --runtime", value => options.Runtime = value);
        flags.Text("cap-add", '\0', "Add Linux capabilities", value => options.CapabilitiesAdded.Add(FlagValues.Capability(value)), "list");
        flags.Text("cap-drop", '\0', "Drop Linux capabilities", value => options.CapabilitiesDropped.Add(FlagValues.Capability(value)), "list");
        flags.Text("security-opt", '\0', "Security Options", value => options.SecurityOptions.Add(value), "list");
        flags.Text("sysctl", '\0', "Sysctl options", value => FlagValues.AddPair(options.Sysctls, value, "sysctl"), "map");
    }

    private static void DefineNetwork(FlagSet flags, ContainerOptions options)
    {
        flags.Text("network", '\0', "Connect a container to a network", value => options.Networks.Add(value), "network");
        flags.Text("net", '\0', "Another name for --network", value => options.Networks.Add(value), "network");
        flags.Text("network-alias", '\0', "Add network-scoped alias for the container", value => options.NetworkAliases.Add(value), "list");
        flags.Text("ip", '\0', "IPv4 address (e.g., 172.30.100.104)", value => options.Address = value);
        flags.Text("mac-address", '\0', "Container MAC address (e.g., 92:d0:c6:0a:29:33)", value => options.MacAddress = value);
        flags.Text("publish", 'p', "Publish a container's port(s) to the host", value => options.Published.Add(value), "list");
        flags.Switch("publish-all", 'P', "Publish all exposed ports to random ports", value => options.PublishAll = value);
        flags.Text("expose", '\0', "Expose a port or a range of ports", value => options.Exposed.Add(value), "list");
        flags.Text("dns", '\0', "Set custom DNS servers", value => options.Dns.Add(FlagValues.Address(value)), "list");
        flags.Text("dns-search", '\0', "Set custom DNS search domains", value => options.DnsSearch.Add(FlagValues.Domain(value)), "list");
        flags.Text("dns-option", '\0', "Set DNS options", value => options.DnsOptions.Add(value), "list");
        flags.Text("add-host", '\0', "Add a custom host-to-IP mapping (host:ip)", value => options.ExtraHosts.Add(FlagValues.Host(value)), "list");
    }

    private static void DefineImage(FlagSet flags, ContainerOptions options)
    {
        flags.Text("platform", '\0', "Set platform if server is multi-platform capable", value => options.Platform = value);
        flags.Text("pull", '\0', "Pull image before creating (\"always\", \"missing\", \"never\") (default \"missing\")", value => options.Pull = Policy(value));
        flags.Switch("quiet", 'q', "Suppress the pull output", value => options.Quiet = value);
    }

    private static string AttachedStream(string value) => value.ToLowerInvariant() is "stdin" or "stdout" or "stderr"
        ? value.ToLowerInvariant()
        : throw new FlagValueException("valid streams are STDIN, STDOUT and STDERR");

    private static PullPolicy Policy(string value) => value switch
    {
        "missing" or "" => PullPolicy.Missing,
        "always" => PullPolicy.Always,
        "never" => PullPolicy.Never,
        _ => throw new CliException(
            $"invalid pull option: '{value}': must be one of \"always\", \"missing\" or \"never\"", ExitCodes.EngineFailure),
    };

    private static void Add(Dictionary<string, Ulimit> limits, Ulimit limit) => limits[limit.Name] = limit;
}
