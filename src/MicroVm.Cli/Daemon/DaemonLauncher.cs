using MicroVm.Cli.Http;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Daemon;

/// <summary>
/// Starts mvmd when none runs: by systemd where it is a service of the host, else detached, its output in a log file, ready when it
/// says so (sd_notify(3)'s READY=1). Concurrent callers start one.
/// </summary>
/// <param name="program">mvmd.</param>
/// <param name="log">Where its output is appended.</param>
/// <param name="service">Null: never by systemd.</param>
internal sealed class DaemonLauncher(string program, string log, SystemdService? service = null)
{
    private const int ReadyTimeoutMilliseconds = 60_000;

    // As the systemd unit makes them: the users of the VMs pass through to their own files, and see nothing else.
    private const UnixFileMode PassThrough = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The user's own.</summary>
    internal static DaemonLauncher Default() =>
        new(DaemonProgram.Find(), Path.Combine(DaemonProgram.StateDirectory(), "mvmd.log"), SystemdService.Default());

    /// <returns>A connection to the daemon's socket.</returns>
    /// <exception cref="CliException">It does not come up; has its last words.</exception>
    internal FileDescriptor Start(string socketPath)
    {
        string runtime = Path.GetDirectoryName(socketPath)!;
        try
        {
            Directory.CreateDirectory(runtime, PassThrough);
            Directory.CreateDirectory(Path.GetDirectoryName(log)!, PassThrough);
            using FileDescriptor gate = Lock(Path.Combine(runtime, "start.lock"));
            return TryConnect(socketPath) ?? LaunchService(socketPath) ?? Launch(socketPath);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            string reason = failure is SystemCallException call ? call.Message : $"{runtime} or {Path.GetDirectoryName(log)} can't be made";
            throw new CliException($"mvmd is not running and can't be started: {reason}");
        }
    }

    private static FileDescriptor Lock(string path)
    {
        FileDescriptor file = FileDescriptor.Open(path, Constants.O_RDWR | Constants.O_CREAT, 0x180 /* 0600 */);
        while (Libc.Lock(file, Constants.LOCK_EX) != 0)
        {
            // Interrupted by a signal: again.
        }

        return file;
    }

    private static FileDescriptor? TryConnect(string path)
    {
        try
        {
            return UnixSocket.Connect(path);
        }
        catch (SystemCallException failure) when (failure.Error is Constants.ENOENT or Constants.ECONNREFUSED)
        {
            return null;
        }
    }

    /// <summary>Null: there is no service.</summary>
    private FileDescriptor? LaunchService(string socketPath)
    {
        if (service is null || !service.TryStart(log))
        {
            return null;
        }

        return TryConnect(socketPath) ?? throw new CliException($"systemd has started mvmd, and it does not listen at {socketPath}: see its unit");
    }

    private FileDescriptor Launch(string socketPath)
    {
        long written = File.Exists(log) ? new FileInfo(log).Length : 0;
        using var notify = ReadinessSocket.Create(Path.GetDirectoryName(socketPath)!);
        using DetachedProcess daemon = DetachedProcess.Start(program, [], log, $"NOTIFY_SOCKET={notify.Path}");
        bool ready = notify.WaitReady(daemon, ReadyTimeoutMilliseconds);

        // One that ended may have lost a race against one that was started by other means.
        FileDescriptor? connection = TryConnect(socketPath);
        return connection ?? throw new CliException(Describe(daemon, ready, written));
    }

    private string Describe(DetachedProcess daemon, bool ready, long written)
    {
        string state = ready ? "is ready but does not listen on its socket"
            : daemon.End() is { } status ? $"ended at once ({status})"
            : $"did not become ready within {ReadyTimeoutMilliseconds / 1000} s";
        return DaemonProgram.LastLine(log, written) is { } line
            ? $"mvmd {state}: {line} (log: {log})"
            : $"mvmd {state}; its log is {log}";
    }
}
