using System.Collections;
using System.Runtime.InteropServices;
using MicroVm.Cli.Interop;

namespace MicroVm.Cli.Daemon;

/// <summary>
/// A program in a session of its own, with default signals, /dev/null as input and a log file as output. Started by
/// posix_spawn(3): the base library's Process can't detach.
/// </summary>
internal sealed unsafe class DetachedProcess : IDisposable
{
    // Larger than the C library's opaque structures: posix_spawnattr_t 336, file actions 80, sigset_t 128 bytes.
    private const int OpaqueSize = 512;
    private const int LogMode = 0x180; // 0600

    private readonly int _pid;

    private DetachedProcess(int pid, FileDescriptor handle) => (_pid, Handle) = (pid, handle);

    /// <summary>Readable when the process has ended (pidfd_open(2)).</summary>
    internal FileDescriptor Handle { get; }

    /// <param name="log">Appended to.</param>
    /// <param name="variables">NAME=VALUE, added to the environment.</param>
    internal static DetachedProcess Start(string program, string[] arguments, string log, params string[] variables)
    {
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        Check(Libc.InitSpawnActions(actions), "posix_spawn");
        Check(Libc.InitSpawnAttributes(attributes), "posix_spawn");
        try
        {
            Redirect(actions, log);
            Detach(attributes);
            int pid = Spawn([program, .. arguments], actions, attributes, variables);
            nint handle = Libc.SystemCall(Constants.SYS_pidfd_open, pid, 0);
            return handle >= 0
                ? new DetachedProcess(pid, new FileDescriptor((int)handle))
                : throw SystemCallException.Last("pidfd_open");
        }
        finally
        {
            _ = Libc.DestroySpawnActions(actions);
            _ = Libc.DestroySpawnAttributes(attributes);
        }
    }

    /// <summary>How it ended; null: it runs.</summary>
    internal ExitStatus? End()
    {
        const int NoHang = 1;
        int status;
        return Libc.WaitProcess(_pid, &status, NoHang) == _pid ? new ExitStatus(status) : null;
    }

    /// <summary>How it ended; null: it has not, in that time.</summary>
    internal ExitStatus? WaitEnd(int timeoutMilliseconds)
    {
        long deadline = Environment.TickCount64 + timeoutMilliseconds;
        for (long left = timeoutMilliseconds; left > 0 && !Handle.IsReadable((int)left);)
        {
            // Interrupted by a signal: again.
            left = deadline - Environment.TickCount64;
        }

        return End();
    }

    public void Dispose() => Handle.Dispose();

    private static void Redirect(byte* actions, string log)
    {
        fixed (byte* path = FileDescriptor.NullTerminated(log), nothing = "/dev/null\0"u8, root = "/\0"u8)
        {
            Check(Libc.AddSpawnOpen(actions, 0, nothing, Constants.O_RDONLY, 0), "posix_spawn");
            int flags = Constants.O_WRONLY | Constants.O_CREAT | Constants.O_APPEND;
            Check(Libc.AddSpawnOpen(actions, 1, path, flags, LogMode), "posix_spawn");
            Check(Libc.AddSpawnDuplicate(actions, 1, 2), "posix_spawn");
            Check(Libc.AddSpawnDirectory(actions, root), "posix_spawn");
        }
    }

    private static void Detach(byte* attributes)
    {
        byte* all = stackalloc byte[OpaqueSize];
        byte* none = stackalloc byte[OpaqueSize];
        new Span<byte>(none, OpaqueSize).Clear();
        _ = Libc.FillSignalSet(all);
        Check(Libc.SetSpawnDefaultSignals(attributes, all), "posix_spawn");
        Check(Libc.SetSpawnSignalMask(attributes, none), "posix_spawn");
        short flags = Constants.POSIX_SPAWN_SETSID | Constants.POSIX_SPAWN_SETSIGDEF | Constants.POSIX_SPAWN_SETSIGMASK;
        Check(Libc.SetSpawnFlags(attributes, flags), "posix_spawn");
    }

    private static int Spawn(string[] command, byte* actions, byte* attributes, string[] variables)
    {
        nint[] arguments = [.. command.Select(Marshal.StringToCoTaskMemUTF8), 0];
        nint[] environment = EnvironmentWith(variables);
        int pid;
        int error;
        fixed (nint* argumentList = arguments, environmentList = environment)
        {
            error = Libc.Spawn(&pid, (byte*)arguments[0], actions, attributes, (byte**)argumentList, (byte**)environmentList);
        }

        foreach (nint text in arguments.Concat(environment))
        {
            Marshal.FreeCoTaskMem(text);
        }

        Check(error, $"start {command[0]}");
        return pid;
    }

    private static nint[] EnvironmentWith(string[] variables)
    {
        var own = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}");
        return [.. own.Concat(variables).Select(Marshal.StringToCoTaskMemUTF8), 0];
    }

    private static void Check(int error, string operation)
    {
        if (error != 0)
        {
            throw new SystemCallException(operation, error);
        }
    }
}
