using System.Runtime.InteropServices;

namespace MicroVm.Cli.Interop;

/// <summary>
/// The system calls of the fast path. The base library's sockets, files and console cost several milliseconds of
/// start-up; these cost none. Signatures: the section 2 and 3 manual pages, x86-64 Linux.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc.so.6"; // The whole name: others are looked for in four more places.

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(FileDescriptor descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(FileDescriptor descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true)]
    internal static partial int Open(byte* path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(nint descriptor);

    [LibraryImport(Library, EntryPoint = "isatty")]
    internal static partial int IsTerminal(FileDescriptor descriptor);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollDescriptor* descriptors, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint GetUserId();

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(FileDescriptor descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "lseek")]
    internal static partial long Seek(FileDescriptor descriptor, long offset, int origin);

    [LibraryImport(Library, EntryPoint = "sendfile", SetLastError = true)]
    internal static partial nint SendFile(FileDescriptor output, FileDescriptor input, long* offset, nint count);
}
