using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Posix;

/// <summary>Files that are in memory alone and have no name (memfd_create(2)).</summary>
public static partial class MemoryFile
{
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const int AddSeals = 1033; // F_ADD_SEALS
    private const int Seals = 1 | 2 | 4 | 8; // F_SEAL_SEAL, SHRINK, GROW, WRITE

    /// <param name="name">For who looks at the host's memory.</param>
    /// <param name="size">Bytes, zeros; they take no memory before they are written.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    public static SafeFileHandle Create(string name, long size)
    {
        SafeFileHandle file = MemfdCreate(name, CloseOnExec | AllowSealing);
        if (!file.IsInvalid && Truncate(file, size) == 0)
        {
            return file;
        }

        string reason = Marshal.GetLastPInvokeErrorMessage();
        file.Dispose();
        throw new IOException($"memory for {name}: {reason}");
    }

    /// <summary>Nobody can change it any more, whoever opens it and however: what maps it has changes for itself alone (fcntl(2), F_SEAL_WRITE).</summary>
    /// <exception cref="IOException">Someone still maps it to write.</exception>
    public static void Seal(SafeFileHandle file)
    {
        if (Control(file, AddSeals, Seals) != 0)
        {
            throw new IOException($"seal memory: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(SafeFileHandle file, long size);

    // fcntl(2) is variadic; on x86-64 an integer is passed alike.
    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, int command, int argument);
}
