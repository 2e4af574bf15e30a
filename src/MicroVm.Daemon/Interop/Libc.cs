using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Daemon.Interop;

/// <summary>The few system calls that .NET has no word for. All return -1 and set errno on failure.</summary>
internal static partial class Libc
{
    public const int EpollCloseOnExec = 0x80000;
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const uint EpollOneShot = 1u << 30;

    private const string Library = "libc";

    /// <summary>epoll_create1(2).</summary>
    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(SafeFileHandle epoll, int operation, SafeHandle descriptor, ref EpollEvent interest);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(SafeFileHandle epoll, [Out] EpollEvent[] events, int capacity, int timeoutMilliseconds);

    /// <summary>umask(2): never fails, returns the old mask.</summary>
    [LibraryImport(Library, EntryPoint = "umask")]
    public static partial uint SetFileModeMask(uint mask);

    /// <summary>chown(2); <see cref="uint.MaxValue"/> leaves one as it is.</summary>
    [LibraryImport(Library, EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    public static partial uint EffectiveUserId();
}

/// <summary>struct epoll_event, packed on x86-64.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal struct EpollEvent
{
    public uint Events;
    public long Data;
}
