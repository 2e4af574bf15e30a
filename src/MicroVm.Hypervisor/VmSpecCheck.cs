using System.Net;
using System.Net.Sockets;

namespace MicroVm.Hypervisor;

/// <summary>What a VM's description must be, whichever driver starts it. QEMU would say it in other words, and late.</summary>
internal static class VmSpecCheck
{
    private const long MiB = 1 << 20;

    // Less does not boot: kernel, page tables and initramfs.
    private const long MinimumMemory = 48 * MiB;

    /// <exception cref="HypervisorException">In one line, what is wrong with it.</exception>
    public static void Check(VmSpec spec)
    {
        GuestFiles.Check(spec.Kernel, spec.Initramfs);
        if (spec.Memory < MinimumMemory)
        {
            throw new HypervisorException($"{spec.Memory / MiB} MiB of memory are too few to boot a VM: at least {MinimumMemory / MiB} MiB");
        }

        if (spec.Networks.Count > Slot.MaxNetworks)
        {
            throw new HypervisorException($"{spec.Networks.Count} network interfaces are too many: a VM has {Slot.MaxNetworks} at most");
        }

        foreach (PublishedPort port in spec.Networks.Where(n => n.Tap is null).SelectMany(n => n.Ports))
        {
            CheckPort(port);
        }
    }

    private static void CheckPort(PublishedPort port)
    {
        bool udp = port.Protocol == "udp";
        using var socket = new Socket(AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, !udp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(port.HostAddress), port.HostPort));
            if (!udp)
            {
                socket.Listen(1);
            }
        }
        catch (SocketException e)
        {
            string why = e.SocketErrorCode == SocketError.AddressAlreadyInUse ? "port is already allocated" : e.Message;
            throw new HypervisorException($"Bind for {port.HostAddress}:{port.HostPort} failed: {why}", e);
        }
    }
}
