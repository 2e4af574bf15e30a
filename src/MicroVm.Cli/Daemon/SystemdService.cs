using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Daemon;

/// <summary>
/// mvmd as a service of systemd: where its unit is installed, systemd starts it. One that mvm started would hold the state that
/// the service needs, outside of the service's limits.
/// </summary>
/// <param name="systemctl">systemctl(1).</param>
internal sealed class SystemdService(string systemctl)
{
    private const string Unit = "mvmd.service";

    // systemctl(1), exit status: the unit is not loaded.
    private const int NotInstalled = 5;

    // systemd's own limit for the start is below it.
    private const int TimeoutMilliseconds = 150_000;

    /// <summary>Null where the user's daemon is not systemd's to start.</summary>
    internal static SystemdService? Default()
    {
        // sd_booted(3). A daemon that was asked for by name is not the service's.
        bool isOurs = Libc.GetUserId() == 0 && Directory.Exists("/run/systemd/system")
            && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("MVM_DAEMON"));
        string? program = isOurs ? Array.Find((string[])["/usr/bin/systemctl", "/bin/systemctl"], File.Exists) : null;
        return program is null ? null : new(program);
    }

    /// <summary>True: the daemon is ready. False: there is no such unit.</summary>
    /// <param name="log">What systemctl says is appended to it.</param>
    /// <exception cref="CliException">systemd can't start it.</exception>
    internal bool TryStart(string log)
    {
        using DetachedProcess command = DetachedProcess.Start(systemctl, ["start", "--no-ask-password", Unit], log);
        return command.WaitEnd(TimeoutMilliseconds) switch
        {
            { Code: 0 } => true,
            { Code: NotInstalled } => false,
            { } status => throw Failed(status.ToString()),
            null => throw Failed($"no end within {TimeoutMilliseconds / 1000} s"),
        };
    }

    private static CliException Failed(string how) =>
        new($"mvmd is not running and systemd can't start it (systemctl start {Unit}: {how}): see journalctl -u {Unit}");
}
