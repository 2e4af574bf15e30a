using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using static MicroVm.Interop.Netlink.NetlinkConstants;

namespace MicroVm.Interop.Netlink;

/// <summary>A virtual Ethernet interface whose other end is a descriptor (Documentation/networking/tuntap.rst). It is gone with its last descriptor.</summary>
public static partial class TapDevice
{
    public const string Device = "/dev/net/tun";
    private const int ReadWriteCloseOnExec = 0x80002;
    private const int RequestSize = 40; // struct ifreq

    /// <summary>Whether this process may make some.</summary>
    public static bool IsUsable()
    {
        using SafeFileHandle device = Open(Device, ReadWriteCloseOnExec);
        return !device.IsInvalid;
    }

    /// <summary>Makes one that is down. Frames have virtio's header, so that a guest may leave checksums and segments to the host.</summary>
    /// <param name="name">1–15 bytes.</param>
    /// <exception cref="IOException">It can't be made.</exception>
    public static SafeFileHandle Create(string name)
    {
        SafeFileHandle device = Open(Device, ReadWriteCloseOnExec);
        byte[] request = new byte[RequestSize];
        Encoding.ASCII.GetBytes(name, request.AsSpan(0, IFNAMSIZ - 1));
        BinaryPrimitives.WriteInt16LittleEndian(request.AsSpan(IFNAMSIZ), (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR));
        if (!device.IsInvalid && Control(device, TUNSETIFF, request) == 0)
        {
            return device;
        }

        string reason = Marshal.GetLastPInvokeErrorMessage();
        device.Dispose();
        throw new IOException($"the VM's network interface {name} can't be made ({Device}): {reason}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);

    // ioctl(2) is variadic; with one argument it is called like this on x86-64.
    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle device, nuint request, [In] byte[] argument);
}
