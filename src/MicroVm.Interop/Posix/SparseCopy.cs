using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Posix;

/// <summary>Copies a file's data and leaves its holes holes (lseek(2) SEEK_DATA, copy_file_range(2)).</summary>
public static partial class SparseCopy
{
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int NoSuchAddress = 6; // ENXIO: no data behind

    /// <exception cref="IOException">With errno in <see cref="Exception.HResult"/>.</exception>
    public static void Copy(SafeFileHandle source, SafeFileHandle target)
    {
        long length = RandomAccess.GetLength(source);
        RandomAccess.SetLength(target, length);
        long offset = 0;
        while (offset < length && (offset = Seek(source, offset, SeekData)) >= 0)
        {
            long end = Seek(source, offset, SeekHole);
            CopyRange(source, target, offset, end - offset);
            offset = end;
        }

        if (offset < 0 && Marshal.GetLastPInvokeError() is int errno && errno != NoSuchAddress)
        {
            throw Error(errno);
        }
    }

    private static void CopyRange(SafeFileHandle source, SafeFileHandle target, long offset, long count)
    {
        long from = offset;
        long to = offset;
        while (count > 0)
        {
            nint copied = CopyFileRange(source, ref from, target, ref to, (nuint)count, 0);
            if (copied <= 0)
            {
                throw Error(Marshal.GetLastPInvokeError());
            }

            count -= copied;
        }
    }

    private static IOException Error(int errno) => new(new Win32Exception(errno).Message, errno);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    private static partial nint CopyFileRange(SafeFileHandle source, ref long from, SafeFileHandle target, ref long to, nuint count, uint flags);
}
