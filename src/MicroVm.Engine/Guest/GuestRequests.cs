using MicroVm.Engine.Containers;
using MicroVm.Engine.Execs;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Networks;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>Translates a container's configuration into the requests that its guest agent gets.</summary>
internal static class GuestRequests
{
    /// <summary>The container's own process. Further ones count up from here.</summary>
    public const uint InitProcess = 1;

    private const uint RootSlot = 1;
    private const uint ScratchSlot = 2;
    private const uint NetworkSlot = 3;
    private const long DefaultShmSize = 64 << 20;
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static Setup Setup(ContainerSnapshot container, HostResolver host)
    {
        ContainerSpec spec = container.Spec;
        bool unconfined = spec.Privileged || SecurityOptions.Parse(spec.SecurityOptions).UnconfinedPaths;
        return new(
            new(RootSlot, ScratchSlot, spec.ReadOnlyRoot),
            container.Effective.Hostname,
            spec.Domainname,
            GuestMounts.All(container),
            EtcFiles.Make(container, host),
            [.. container.Endpoints.Select(Interface)],
            [.. spec.Sysctls.Select(sysctl => new Sysctl(sysctl.Key, sysctl.Value))],
            unconfined ? [] : SystemPaths.Masked,
            unconfined ? [] : SystemPaths.ReadOnly,
            spec.Privileged,
            (ulong)(spec.ShmSize > 0 ? spec.ShmSize : DefaultShmSize));
    }

    /// <summary>What limits the container's processes from before its first; null: nothing does.</summary>
    public static Adjust? Limits(ContainerSpec spec) =>
        spec.ProcessLimit > 0 ? new(WallClock: 0, MemoryLimit: 0, ProcessLimit(spec.ProcessLimit)) : null;

    /// <param name="limit">0: none.</param>
    public static ulong ProcessLimit(long limit) => limit > 0 ? (ulong)limit : ulong.MaxValue;

    public static Start Start(ContainerSnapshot container, (int Rows, int Columns) terminalSize)
    {
        ContainerSpec spec = container.Spec;
        EffectiveConfig effective = container.Effective;
        return new(
            InitProcess,
            Init: true,
            container.Arguments,
            Environment(effective, spec.Terminal),
            effective.WorkingDirectory,
            effective.User,
            spec.Groups,
            Capabilities.Resolve(spec.CapAdd, spec.CapDrop, spec.Privileged),
            SecurityOptions.Parse(spec.SecurityOptions).NoNewPrivileges,
            ResourceLimits.Resolve(spec.Ulimits),
            spec.Terminal,
            (uint)terminalSize.Rows,
            (uint)terminalSize.Columns,
            spec.OpenStdin ? Stream(InitProcess, OutputStream.Stdin) : 0,
            Stream(InitProcess, OutputStream.Stdout),
            spec.Terminal ? 0 : Stream(InitProcess, OutputStream.Stderr),
            spec.OomScoreAdjust,
            spec.Init);
    }

    /// <summary>A process beside the container's own, with its environment, user and capabilities where nothing else is asked for.</summary>
    public static Start Exec(ContainerSnapshot container, ExecSpec exec, uint process, (int Rows, int Columns) terminalSize)
    {
        ContainerSpec spec = container.Spec;
        return new(
            process,
            Init: false,
            exec.Arguments,
            ExecEnvironment(container, exec),
            exec.WorkingDirectory.Length > 0 ? exec.WorkingDirectory : container.Effective.WorkingDirectory,
            exec.User.Length > 0 ? exec.User : container.Effective.User,
            spec.Groups,
            Capabilities.Resolve(spec.CapAdd, spec.CapDrop, exec.Privileged || spec.Privileged),
            SecurityOptions.Parse(spec.SecurityOptions).NoNewPrivileges,
            ResourceLimits.Resolve(spec.Ulimits),
            exec.Terminal,
            (uint)terminalSize.Rows,
            (uint)terminalSize.Columns,
            exec.AttachStdin ? Stream(process, OutputStream.Stdin) : 0,
            exec.AttachStdout || exec.Terminal ? Stream(process, OutputStream.Stdout) : 0,
            exec.AttachStderr && !exec.Terminal ? Stream(process, OutputStream.Stderr) : 0,
            spec.OomScoreAdjust,
            Reaper: false);
    }

    /// <summary>The stream that carries one of a process's standard streams: three in a row for each process.</summary>
    public static uint Stream(uint process, OutputStream stream) => (3 * process) - 2 + (uint)stream;

    /// <summary>Docker's variables, overridden in place by the container's; a name without a value removes.</summary>
    internal static IReadOnlyList<string> Environment(EffectiveConfig effective, bool terminal)
    {
        List<string> variables = [DefaultPath, "HOSTNAME=" + effective.Hostname];
        if (terminal)
        {
            variables.Add("TERM=xterm");
        }

        foreach (string variable in effective.Environment)
        {
            Override(variables, variable);
        }

        return variables;
    }

    /// <summary>The container's variables, overridden by the exec's.</summary>
    internal static List<string> ExecEnvironment(ContainerSnapshot container, ExecSpec exec)
    {
        List<string> variables = [.. Environment(container.Effective, exec.Terminal)];
        foreach (string variable in exec.Environment)
        {
            Override(variables, variable);
        }

        return variables;
    }

    private static void Override(List<string> variables, string variable)
    {
        string[] parts = variable.Split('=', 2);
        int index = variables.FindIndex(other => other.StartsWith(parts[0] + "=", StringComparison.Ordinal));
        switch (index >= 0, parts.Length == 2)
        {
            case (true, true):
                variables[index] = variable;
                break;
            case (true, false):
                variables.RemoveAt(index);
                break;
            case (false, true):
                variables.Add(variable);
                break;
        }
    }

    private static NetworkInterface Interface(NetworkEndpoint endpoint, int index) => new(
        NetworkSlot + (uint)index,
        $"eth{index}",
        [$"{endpoint.Address}/{endpoint.PrefixLength}"],
        endpoint.IsWayOut ? [endpoint.Gateway] : [],
        (uint)endpoint.Mtu,
        MacAddress: []);
}
