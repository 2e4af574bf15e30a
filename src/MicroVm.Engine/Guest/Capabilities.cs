namespace MicroVm.Engine.Guest;

/// <summary>Linux capabilities (capabilities(7)) and Docker's rules for --cap-add, --cap-drop and --privileged.</summary>
internal static class Capabilities
{
    // Index is the capability's number in linux/capability.h.
    private static readonly string[] s_names =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
        "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
        "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
        "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
        "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
        "CHECKPOINT_RESTORE",
    ];

    /// <summary>All that Linux 6.1 knows.</summary>
    public static readonly ulong All = (1UL << s_names.Length) - 1;

    /// <summary>The 14 that Docker gives every container.</summary>
    public static readonly ulong Default = Mask(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
        "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>The container's capability mask. Throws (Invalid) for a name that Linux does not know.</summary>
    public static ulong Resolve(IReadOnlyList<string> add, IReadOnlyList<string> drop, bool privileged)
    {
        (ulong added, bool addAll) = ParseList(add, "invalid CapAdd");
        (ulong dropped, bool dropAll) = ParseList(drop, "invalid CapDrop");
        if (privileged)
        {
            return All;
        }

        if (addAll)
        {
            return All & ~dropped;
        }

        return dropAll ? added : (Default & ~dropped) | added;
    }

    private static (ulong Mask, bool All) ParseList(IReadOnlyList<string> names, string context)
    {
        ulong mask = 0;
        bool all = false;
        foreach (string name in names)
        {
            string upper = name.ToUpperInvariant();
            if (upper is "ALL")
            {
                all = true;
            }
            else
            {
                mask |= ParseOne(upper, context);
            }
        }

        return (mask, all);
    }

    private static ulong ParseOne(string name, string context)
    {
        string bare = name.StartsWith("CAP_", StringComparison.Ordinal) ? name[4..] : name;
        int number = Array.IndexOf(s_names, bare);
        return number >= 0
            ? 1UL << number
            : throw new EngineException(
                EngineErrorKind.Invalid, $"{context}: unknown capability: \"CAP_{OneLine.Of(bare, 64)}\"");
    }

    private static ulong Mask(params string[] names) => names.Aggregate(0UL, (mask, name) => mask | 1UL << Array.IndexOf(s_names, name));
}
