using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static MicroVm.Interop.Generated.VhostMethods;

namespace MicroVm.Interop.Vsock;

/// <summary>
/// A VM's end of vsock in the host's kernel (/dev/vhost-vsock, linux/vhost.h). The descriptor holds the CID: it is free
/// again when the last process that has it open is gone.
/// </summary>
public static partial class VhostVsock
{
    public const string Device = "/dev/vhost-vsock";
    private const int ReadWriteCloseOnExec = 0x80002;
    private const int AddressInUse = 98;

    /// <summary>Whether this process may use it; the kernel loads the driver when it is opened.</summary>
    public static bool IsUsable()
    {
        using SafeFileHandle device = Open(Device, ReadWriteCloseOnExec);
        return !device.IsInvalid;
    }

    /// <summary>Takes a CID for a VM that is to be started with the descriptor. Null when another VM has it.</summary>
    /// <exception cref="Win32Exception">The device can't be opened, or the number is not for guests (0 to 2, and the highest).</exception>
    public static SafeFileHandle? TryTake(uint cid)
    {
        SafeFileHandle device = Open(Device, ReadWriteCloseOnExec);
        ulong value = cid;
        if (!device.IsInvalid && Control(device, (nuint)VHOST_VSOCK_SET_GUEST_CID, in value) == 0)
        {
            return device;
        }

        int errno = Marshal.GetLastPInvokeError();
        device.Dispose();
        return errno == AddressInUse ? null : throw new Win32Exception(errno);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    // ioctl(2) is variadic; with one argument it is called like this on x86-64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle device, nuint request, in ulong argument);
}
