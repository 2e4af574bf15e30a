using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroVm.Interop.Kvm;

/// <summary>/dev/kvm, as far as asking it a question needs it (Documentation/virt/kvm/api.rst); its requests and structs are generated.</summary>
public static partial class KvmDevice
{
    private const int ReadWriteCloseOnExec = 0x80002;

    /// <summary>Invalid, with errno in the marshaller, when it can't be opened.</summary>
    public static SafeFileHandle Open() => Open("/dev/kvm", ReadWriteCloseOnExec);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    // ioctl(2) is variadic; with one argument it is called like this on x86-64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(SafeFileHandle fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static unsafe partial int Control(SafeFileHandle fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial SafeFileHandle Make(SafeFileHandle fd, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static unsafe partial void* Map(void* address, nuint length, int protection, int flags, SafeFileHandle fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static unsafe partial int Unmap(void* address, nuint length);
}
