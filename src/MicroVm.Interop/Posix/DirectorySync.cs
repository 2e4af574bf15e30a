using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Posix;

/// <summary>Makes renames and new names in a directory durable: open(2) with O_DIRECTORY, fsync(2).</summary>
public static partial class DirectorySync
{
    private const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;

    /// <exception cref="IOException">The directory can't be opened or synced.</exception>
    public static void Sync(string directory)
    {
        using SafeFileHandle handle = Open(directory, ReadOnlyDirectoryCloseOnExec);
        if (handle.IsInvalid || Fsync(handle) != 0)
        {
            throw new IOException($"sync {directory}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle handle);
}
