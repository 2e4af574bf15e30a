using System.ComponentModel;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Namespaces;

/// <summary>A mount namespace (mount_namespaces(7)) for a while, and for what is started meanwhile.</summary>
public static partial class MountNamespace
{
    private const int NewMounts = 0x20000; // CLONE_NEWNS
    private const ulong Private = 1 << 18; // MS_PRIVATE
    private const ulong Recursive = 1 << 14; // MS_REC
    private const int Detach = 2; // MNT_DETACH
    private const long SysPivotRoot = 155;

    /// <summary>
    /// Calls an action on a thread of its own that sees a copy of this process's mounts, with an empty directory, for root alone, in place of
    /// one of them: what is mounted there nobody else sees. A process that the action starts keeps the namespace, out of which all mounts have been
    /// taken when this returns: it holds no disk of the host's.
    /// </summary>
    /// <param name="stage">Path of a directory.</param>
    /// <exception cref="Win32Exception">No right to (CAP_SYS_ADMIN), or there is no such directory.</exception>
    public static void Run(string stage, Action action)
    {
        ExceptionDispatchInfo? error = null;
        Thread thread = new(() =>
        {
            try
            {
                RunHere(stage, action);
            }
            catch (Exception e)
            {
                error = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        error?.Throw();
    }

    private static void RunHere(string stage, Action action)
    {
        using SafeFileHandle before = File.OpenHandle("/proc/thread-self/ns/mnt");
        string empty = Enter(stage);
        try
        {
            action();
        }
        finally
        {
            Leave(empty, before);
        }
    }

    private static string Enter(string stage)
    {
        MountCall.Check(Unshare(NewMounts));
        MountCall.Check(Mount(null, "/", null, Recursive | Private, null));
        MountCall.Check(Mount("tmpfs", stage, "tmpfs", 0, "mode=700"));
        string empty = Directory.CreateDirectory(Path.Combine(stage, "empty")).FullName;
        MountCall.Check(Mount("tmpfs", empty, "tmpfs", 0, "mode=700"));
        MountCall.Check(ChangeDirectory("/")); // Whoever is at the root when that is replaced goes along.
        return empty;
    }

    /// <summary>The thread goes back because the runtime may want to read a file; the others stay with nothing.</summary>
    private static void Leave(string empty, SafeFileHandle before)
    {
        try
        {
            MountCall.Check(ChangeDirectory(empty));
            MountCall.Check((int)PivotRoot(SysPivotRoot, ".", "."));
            MountCall.Check(Unmount(".", Detach));
        }
        finally
        {
            MountCall.Check(SetNamespace(before, NewMounts));
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNamespace(SafeFileHandle fd, int type);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Unmount(string target, int flags);

    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeDirectory(string path);

    // pivot_root(2) has no function in the C library.
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial long PivotRoot(long number, string newRoot, string putOld);
}
