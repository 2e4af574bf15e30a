using MicroVm.Cli.Arguments;
using MicroVm.Cli.Values;

namespace MicroVm.Cli.Builds;

/// <summary>The flags of <c>build</c>; of Docker's others, those that mean nothing here are taken and forgotten.</summary>
internal static class BuildFlags
{
    internal static void Define(FlagSet flags, BuildOptions options)
    {
        flags.Text("add-host", '\0', "Add a custom host-to-IP mapping (host:ip)", value => options.ExtraHosts.Add(FlagValues.Host(value)), "list");
        flags.Text("build-arg", '\0', "Set build-time variables", value => options.Arguments.Add(FlagValues.Variable(value)), "list");
        flags.Text("cache-from", '\0', "Images to consider as cache sources", value => options.CacheFrom.Add(value));
        flags.Switch("compress", '\0', "Accepted for compatibility: the context is sent as it is", _ => { });
        flags.Integer("cpu-period", '\0', "Limit the CPU CFS (Completely Fair Scheduler) period", value => options.CpuPeriod = value);
        flags.Integer("cpu-quota", '\0', "Limit the CPU CFS (Completely Fair Scheduler) quota", value => options.CpuQuota = value);
        flags.Switch("disable-content-trust", '\0', "Accepted for compatibility", _ => { });
        flags.Text("file", 'f', "Name of the Dockerfile (Default is \"PATH/Dockerfile\")", value => options.Dockerfile = value);
        flags.Switch("force-rm", '\0', "Always remove intermediate containers", value => options.ForceRemove = value);
        flags.Text("iidfile", '\0', "Write the image ID to the file", value => options.IdFile = value);
        flags.Text("label", '\0', "Set metadata for an image", value => options.Labels.Add(FlagValues.Label(value)), "list");
        flags.Text("memory", 'm', "Memory limit of RUN", value => options.Memory = ByteSize.Parse(value), "bytes");
        flags.Text("network", '\0', "Set the networking mode for the RUN instructions during build", value => options.Network = value);
        flags.Switch("no-cache", '\0', "Do not use cache when building the image", value => options.NoCache = value);
        flags.Text("platform", '\0', "Set platform if server is multi-platform capable", value => options.Platform = value);
        flags.Text("progress", '\0', "Accepted for compatibility: progress is plain lines", _ => { });
        flags.Switch("pull", '\0', "Always attempt to pull a newer version of the image", value => options.Pull = value);
        flags.Switch("quiet", 'q', "Suppress the build output and print image ID on success", value => options.Quiet = value);
        flags.Switch("rm", '\0', "Remove intermediate containers after a successful build (default true)", value => options.Remove = value);
        flags.Text("shm-size", '\0', "Size of /dev/shm", value => options.ShmSize = ByteSize.Parse(value), "bytes");
        flags.Text("tag", 't', "Name and optionally a tag in the 'name:tag' format", value => options.Names.Add(value), "list");
        flags.Text("target", '\0', "Set the target build stage to build", value => options.Target = value);
        flags.Text("ulimit", '\0', "Ulimit options", value => AddLimit(options, Ulimit.Parse(value)), "ulimit");
    }

    private static void AddLimit(BuildOptions options, Ulimit limit) => options.Ulimits[limit.Name] = limit;
}
