using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Posix;

/// <summary>What files offer beyond .NET's classes.</summary>
public static partial class PosixFile
{
    private const uint SyncFileRangeWrite = 2;

    /// <summary>One more name for a file (link(2)).</summary>
    /// <exception cref="IOException">With errno in <see cref="Exception.HResult"/>.</exception>
    public static void CreateHardLink(string existingPath, string newPath)
    {
        if (Link(existingPath, newPath) != 0)
        {
            throw LastError(newPath);
        }
    }

    /// <summary>
    /// Starts writing a range's dirty pages to the disk without waiting (sync_file_range(2)), so that a later flush
    /// finds little to do. A hint: errors are the flush's to report.
    /// </summary>
    public static void StartWriteback(SafeFileHandle file, long offset, long length) =>
        _ = SyncFileRange(file, offset, length, SyncFileRangeWrite);

    private static IOException LastError(string path)
    {
        int errno = Marshal.GetLastPInvokeError();
        return new($"{new Win32Exception(errno).Message}: '{path}'", errno);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existingPath, string newPath);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);
}
