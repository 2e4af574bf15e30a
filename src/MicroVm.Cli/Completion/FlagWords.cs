using MicroVm.Cli.Arguments;

namespace MicroVm.Cli.Completion;

/// <summary>Names of flags, and their values where those can be listed.</summary>
internal static class FlagWords
{
    private static readonly string[] s_signals =
        ["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGSTOP", "SIGCONT", "SIGWINCH", "SIGABRT", "SIGALRM", "SIGPIPE"];

    private static readonly string[] s_capabilities =
    [
        "ALL", "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "BPF", "CHECKPOINT_RESTORE", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH",
        "FOWNER", "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "PERFMON", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT",
        "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    ];

    internal static Candidates Names(FlagSet flags)
    {
        var names = new Candidates();
        foreach (Flag flag in flags.Flags)
        {
            names.Add("--" + flag.Name, flag.Usage);
        }

        names.Add("--help", "Print usage");
        return names;
    }

    /// <param name="command">Empty: the flags before a command.</param>
    /// <param name="value">As far as it is typed.</param>
    internal static Candidates OfValue(Flag flag, string command, string value) => flag.Name switch
    {
        _ when flag.IsSwitch => Candidates.Of("true", "false"),
        "network" or "net" => Candidates.Of("none", "default", "bridge"),
        "restart" => Candidates.Of("no", "always", "unless-stopped", "on-failure"),
        "pull" => Candidates.Of("missing", "always", "never"),
        "log-driver" => Candidates.Of("json-file", "local", "none"),
        "driver" when command == "volume create" => Candidates.Of("local"),
        "runtime" or "driver" => Candidates.Of("qemu", "libvirt"),
        "attach" => Candidates.Of("stdin", "stdout", "stderr"),
        "signal" or "stop-signal" => Candidates.Of(s_signals),
        "cap-add" or "cap-drop" => Candidates.Of(s_capabilities),
        "platform" => Candidates.Of("linux/amd64"),
        "security-opt" => Candidates.Of("no-new-privileges"),
        "type" => Candidates.Of("container", "image", "network", "volume"),
        "volume" => Candidates.FileNames(),
        "mount" => Keys("type=bind", "type=volume", "type=tmpfs"),
        "tail" => Candidates.Of("all"),
        "format" => Formats(command),
        "filter" => FilterWords.For(command, value),
        "log-opt" => Keys("max-size=", "max-file=", "compress=", "mode=", "max-buffer-size=", "labels=", "labels-regex=", "env=", "env-regex=", "tag="),
        "ulimit" => Keys("nofile=", "nproc=", "core=", "memlock=", "stack=", "data=", "fsize=", "cpu=", "as=", "rss=", "locks=", "sigpending=", "msgqueue=", "nice=", "rtprio="),
        "storage-opt" => Keys("size="),
        "env" => Variables(),
        "env-file" or "label-file" or "cidfile" or "iidfile" or "file" or "input" or "output" => Candidates.FileNames(),
        _ => new Candidates(),
    };

    private static Candidates Formats(string command) => command is "inspect" or "info" or "version" or "events"
        ? Candidates.Of("json")
        : Candidates.Of("table", "json");

    private static Candidates Keys(params string[] keys)
    {
        Candidates words = Candidates.Of(keys);
        words.NoSpace = true;
        return words;
    }

    private static Candidates Variables()
    {
        var names = new Candidates();
        foreach (object name in Environment.GetEnvironmentVariables().Keys)
        {
            names.Add((string)name);
        }

        return names;
    }
}
