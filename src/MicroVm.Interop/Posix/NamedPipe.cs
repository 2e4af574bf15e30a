using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Posix;

/// <summary>FIFOs in the file system (mkfifo(3)).</summary>
public static partial class NamedPipe
{
    private const uint OwnerReadWrite = 0x180; // 0600
    private const int ReadWrite = 2;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <exception cref="IOException">It can't be made.</exception>
    public static void Create(string path)
    {
        if (MakeFifo(path, OwnerReadWrite) != 0)
        {
            throw new IOException($"mkfifo {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>Both ends in one, at once: it never breaks, and reading and writing don't wait but fail with EAGAIN.</summary>
    /// <exception cref="IOException">It can't be opened.</exception>
    public static SafeFileHandle OpenNonBlocking(string path)
    {
        SafeFileHandle handle = Open(path, ReadWrite | NonBlocking | CloseOnExec);
        return handle.IsInvalid ? throw new IOException($"open {path}: {Marshal.GetLastPInvokeErrorMessage()}") : handle;
    }

    // open(2) is variadic; without O_CREAT it takes two arguments.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
