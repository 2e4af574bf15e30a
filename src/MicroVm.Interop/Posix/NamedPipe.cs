using System.Runtime.InteropServices;

namespace MicroVm.Interop.Posix;

/// <summary>FIFOs in the file system (mkfifo(3)).</summary>
public static partial class NamedPipe
{
    private const uint OwnerReadWrite = 0x180; // 0600

    /// <exception cref="IOException">It can't be made.</exception>
    public static void Create(string path)
    {
        if (MakeFifo(path, OwnerReadWrite) != 0)
        {
            throw new IOException($"mkfifo {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "mkfifo", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeFifo(string path, uint mode);
}
