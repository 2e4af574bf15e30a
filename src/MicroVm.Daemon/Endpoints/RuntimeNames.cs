namespace MicroVm.Daemon.Endpoints;

/// <summary>What Docker calls runtimes: here the hypervisor's drivers.</summary>
internal static class RuntimeNames
{
    /// <summary>Whichever driver the daemon is set to.</summary>
    public const string Default = "mvm";

    private static readonly string[] s_drivers = ["qemu", "libvirt"];

    // What clients send that mean no runtime in particular.
    private static readonly string[] s_standard = [Default, "runc", "io.containerd.runc.v2"];

    public static IEnumerable<string> All => s_drivers.Prepend(Default);

    /// <summary>The driver of that name; empty for the daemon's own choice.</summary>
    /// <exception cref="ApiException">There is none (400).</exception>
    public static string ToDriver(string? runtime) => runtime switch
    {
        null or "" => "",
        _ when s_standard.Contains(runtime) => "",
        _ when s_drivers.Contains(runtime) => runtime,
        _ => throw ApiException.BadRequest($"unknown or invalid runtime name: {runtime}"),
    };

    public static string FromDriver(string? driver) => string.IsNullOrEmpty(driver) ? Default : driver;
}
