using System.Buffers.Binary;
using System.Text;

namespace MicroVm.Interop.Netlink;

/// <summary>The attributes that follow a structure in the kernel's answer.</summary>
internal static class NetlinkReader
{
    /// <summary>The first of a type; empty: there is none.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> attributes, ushort type)
    {
        while (attributes.Length >= NetlinkMessage.AttributeHeaderSize)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < NetlinkMessage.AttributeHeaderSize || length > attributes.Length)
            {
                break;
            }

            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3fff) == type)
            {
                return attributes[NetlinkMessage.AttributeHeaderSize..length];
            }

            attributes = attributes[Math.Min(NetlinkMessage.Aligned(length), attributes.Length)..];
        }

        return [];
    }

    public static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value.TrimEnd((byte)0));
}
