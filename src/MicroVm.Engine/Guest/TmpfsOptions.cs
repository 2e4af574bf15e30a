using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Guest;

/// <summary>--tmpfs PATH[:options] to a mount, by Docker's rules: noexec, nosuid, nodev unless said otherwise.</summary>
internal static class TmpfsOptions
{
    // MS_* of mount(2).
    private const ulong ReadOnly = 1;
    private const ulong NoSuid = 2;
    private const ulong NoDev = 4;
    private const ulong NoExec = 8;
    private const ulong Synchronous = 16;
    private const ulong MandatoryLock = 64;
    private const ulong DirSync = 128;
    private const ulong NoAtime = 1024;
    private const ulong NoDirAtime = 2048;
    private const ulong RelAtime = 1 << 21;
    private const ulong StrictAtime = 1 << 24;

    private static readonly Dictionary<string, (ulong Flag, bool Set)> s_flags = new()
    {
        ["ro"] = (ReadOnly, true),
        ["rw"] = (ReadOnly, false),
        ["nosuid"] = (NoSuid, true),
        ["suid"] = (NoSuid, false),
        ["nodev"] = (NoDev, true),
        ["dev"] = (NoDev, false),
        ["noexec"] = (NoExec, true),
        ["exec"] = (NoExec, false),
        ["sync"] = (Synchronous, true),
        ["async"] = (Synchronous, false),
        ["mand"] = (MandatoryLock, true),
        ["nomand"] = (MandatoryLock, false),
        ["dirsync"] = (DirSync, true),
        ["noatime"] = (NoAtime, true),
        ["atime"] = (NoAtime, false),
        ["nodiratime"] = (NoDirAtime, true),
        ["diratime"] = (NoDirAtime, false),
        ["relatime"] = (RelAtime, true),
        ["norelatime"] = (RelAtime, false),
        ["strictatime"] = (StrictAtime, true),
        ["nostrictatime"] = (StrictAtime, false),
    };

    private static readonly HashSet<string> s_data = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol"];

    /// <summary>Throws (Invalid) for an option that tmpfs does not take.</summary>
    public static Mount ToMount(string target, string options)
    {
        ulong flags = NoExec | NoSuid | NoDev;
        Dictionary<string, string> data = [];
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            if (s_flags.TryGetValue(option, out (ulong Flag, bool Set) known))
            {
                flags = known.Set ? flags | known.Flag : flags & ~known.Flag;
            }
            else if (option != "defaults")
            {
                AddData(data, option);
            }
        }

        return new("tmpfs", "tmpfs", target, flags, string.Join(',', data.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    /// <summary>Throws (Invalid) in Docker's words for a place where nothing can be mounted.</summary>
    public static void ValidateTarget(string target)
    {
        if (!target.StartsWith('/'))
        {
            throw new EngineException(
                EngineErrorKind.Invalid, $"invalid mount path: '{OneLine.Of(target, 256)}' mount path must be absolute");
        }

        if (target.Length > 4096 || target.Contains('\0', StringComparison.Ordinal))
        {
            throw new EngineException(EngineErrorKind.Invalid, $"invalid mount path: '{OneLine.Of(target, 256)}'");
        }

        if (Path.GetFullPath(target) == "/")
        {
            throw new EngineException(EngineErrorKind.Invalid, "invalid specification: destination can't be '/'");
        }
    }

    private static void AddData(Dictionary<string, string> data, string option)
    {
        int equals = option.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !s_data.Contains(option[..equals]))
        {
            string words = string.Join("\" \"", option.Split('=', 2));
            throw new EngineException(EngineErrorKind.Invalid, $"Invalid tmpfs option [\"{OneLine.Of(words, 256)}\"]");
        }

        data[option[..equals]] = option[(equals + 1)..];
    }
}
