using MicroVm.Daemon.Interop;

namespace MicroVm.Daemon.Hosting;

/// <summary>Where things are when nobody says: the system's directories for root, XDG's for everybody else.</summary>
internal static class DefaultPaths
{
    private static bool IsRoot => Libc.EffectiveUserId() == 0;

    public static string Root() => IsRoot ? "/var/lib/mvm" : Path.Combine(FromHome("XDG_DATA_HOME", ".local/share"), "mvm");

    public static string RunDirectory()
    {
        if (IsRoot)
        {
            return "/run/mvm";
        }

        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return Path.Combine(string.IsNullOrEmpty(runtime) ? $"/run/user/{Libc.EffectiveUserId()}" : runtime, "mvm");
    }

    public static string ConfigFile() => IsRoot ? "/etc/mvm/daemon.json" : Path.Combine(FromHome("XDG_CONFIG_HOME", ".config"), "mvm/daemon.json");

    /// <summary>Guest kernel and initramfs are installed beside the daemon.</summary>
    public static string GuestFile(string name) => Path.Combine(AppContext.BaseDirectory, "guest", name);

    private static string FromHome(string variable, string fallback)
    {
        string? directory = Environment.GetEnvironmentVariable(variable);
        return string.IsNullOrEmpty(directory)
            ? Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "/", fallback)
            : directory;
    }
}
