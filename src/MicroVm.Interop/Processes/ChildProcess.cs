using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MicroVm.Interop.Processes;

/// <summary>
/// Starts a program with exactly the descriptors it is given, in a session of its own, so that it outlives this process
/// (posix_spawn(3)). Its stdin is /dev/null.
/// </summary>
public static partial class ChildProcess
{
    private const short SetSignalDefaults = 0x04;
    private const short SetSignalMask = 0x08;
    private const short SetSession = 0x80;
    private const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    private const int FirstFree = 64;
    private const int SigPipe = 13;

    // glibc's opaque types, x86-64: posix_spawn_file_actions_t 80 bytes, posix_spawnattr_t 336, sigset_t 128.
    private const int ActionsSize = 80;
    private const int AttributesSize = 336;
    private const int SignalSetSize = 128;

    /// <param name="path">Absolute path of the program.</param>
    /// <param name="arguments">argv, its first element included.</param>
    /// <param name="output">What its stdout and stderr are.</param>
    /// <param name="inherited">Becomes descriptors 3, 4, … of the child.</param>
    /// <returns>The child's pid.</returns>
    /// <exception cref="Win32Exception">It could not be started.</exception>
    public static unsafe int Start(
        string path, IReadOnlyList<string> arguments, SafeHandle output, IReadOnlyList<SafeHandle> inherited)
    {
        byte* actions = stackalloc byte[ActionsSize];
        byte* attributes = stackalloc byte[AttributesSize];
        Check(InitActions(actions));
        Check(InitAttributes(attributes));
        var copies = new List<int>();
        using var argv = new NativeStrings(arguments);
        using var environment = new NativeStrings(["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"]);
        try
        {
            SetAttributes(attributes);
            AddDescriptors(actions, output, inherited, copies);
            Check(Spawn(out int pid, path, actions, attributes, argv.Pointer, environment.Pointer));
            return pid;
        }
        finally
        {
            copies.ForEach(fd => _ = Close(fd));
            _ = DestroyActions(actions);
            _ = DestroyAttributes(attributes);
        }
    }

    private static unsafe void SetAttributes(byte* attributes)
    {
        byte* signals = stackalloc byte[SignalSetSize];
        _ = EmptySet(signals);
        Check(SetMask(attributes, signals));
        _ = AddSignal(signals, SigPipe); // .NET ignores it, and what is ignored is inherited.
        Check(SetDefaults(attributes, signals));
        Check(SetFlags(attributes, SetSignalDefaults | SetSignalMask | SetSession));
    }

    private static unsafe void AddDescriptors(byte* actions, SafeHandle output, IReadOnlyList<SafeHandle> inherited, List<int> copies)
    {
        Check(AddOpen(actions, 0, "/dev/null", 0, 0));
        int copy = Copy(output, copies);
        Check(AddDuplicate(actions, copy, 1));
        Check(AddDuplicate(actions, copy, 2));
        for (int i = 0; i < inherited.Count; i++)
        {
            Check(AddDuplicate(actions, Copy(inherited[i], copies), 3 + i));
        }

        // Whoever started this process may have left it some that are not closed on exec.
        Check(AddCloseFrom(actions, 3 + inherited.Count));
    }

    /// <summary>Out of the way of the child's numbers, so that no duplication overwrites what a later one needs.</summary>
    private static int Copy(SafeHandle handle, List<int> copies)
    {
        int copy = Control(handle, DuplicateCloseOnExec, FirstFree);
        if (copy < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        copies.Add(copy);
        return copy;
    }

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new Win32Exception(error);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Spawn(out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static unsafe partial int AddDuplicate(byte* actions, int fd, int newFd);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int AddOpen(byte* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclosefrom_np")]
    private static unsafe partial int AddCloseFrom(byte* actions, int firstFd);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigmask")]
    private static unsafe partial int SetMask(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setsigdefault")]
    private static unsafe partial int SetDefaults(byte* attributes, byte* signals);

    [LibraryImport("libc", EntryPoint = "sigemptyset")]
    private static unsafe partial int EmptySet(byte* signals);

    [LibraryImport("libc", EntryPoint = "sigaddset")]
    private static unsafe partial int AddSignal(byte* signals, int signal);

    // fcntl(2) is variadic; with an int as third argument it is called like this on x86-64.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeHandle fd, int command, int argument);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int fd);
}
