using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MicroVm.Networks.Addresses;

/// <summary>An IPv4 address as a number, in host byte order.</summary>
public static class Ipv4
{
    /// <summary>Four decimal numbers without leading zeros: nothing that another parser could read otherwise.</summary>
    public static bool TryParse(string text, out uint address)
    {
        address = 0;
        return IPAddress.TryParse(text, out IPAddress? parsed) && parsed.AddressFamily == AddressFamily.InterNetwork
            && parsed.ToString() == text && TryConvert(parsed, out address);
    }

    /// <summary>False for IPv6, but for IPv4 written in it.</summary>
    public static bool TryConvert(IPAddress address, out uint number)
    {
        Span<byte> bytes = stackalloc byte[16];
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        bool isIpv4 = plain.TryWriteBytes(bytes, out int length) && length == 4;
        number = isIpv4 ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : 0;
        return isIpv4;
    }

    public static string Format(uint address) => string.Create(
        CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.{address & 255}");

    public static IPAddress ToAddress(uint address)
    {
        byte[] bytes = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, address);
        return new(bytes);
    }

    /// <summary>The Ethernet address that Docker gives an interface with this address: 02:42 and its four bytes.</summary>
    public static byte[] MacOf(uint address) => [0x02, 0x42, (byte)(address >> 24), (byte)(address >> 16), (byte)(address >> 8), (byte)address];
}
