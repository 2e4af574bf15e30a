using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using static MicroVm.Interop.Netlink.NetlinkConstants;

namespace MicroVm.Interop.Netlink;

/// <summary>One rtnetlink request under construction (netlink(7), rtnetlink(7)): a header, the family's structure, attributes.</summary>
internal sealed class NetlinkMessage
{
    public const int HeaderSize = 16;
    public const int AttributeHeaderSize = 4;
    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    /// <param name="flags">Beside NLM_F_REQUEST.</param>
    /// <param name="body">The family's structure, a multiple of four bytes.</param>
    public NetlinkMessage(ushort type, ushort flags, ReadOnlySpan<byte> body)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)(flags | NLM_F_REQUEST));
        _bytes.Write(header);
        _bytes.Write(body);
    }

    /// <summary>The request, its length and number filled in.</summary>
    public byte[] ToBytes(uint sequence)
    {
        byte[] bytes = _bytes.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(bytes, bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), sequence);
        return bytes;
    }

    public NetlinkMessage Add(ushort type, ReadOnlySpan<byte> value)
    {
        Span<byte> attribute = _bytes.GetSpan(Aligned(AttributeHeaderSize + value.Length));
        attribute[..Aligned(AttributeHeaderSize + value.Length)].Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(AttributeHeaderSize + value.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute[2..], type);
        value.CopyTo(attribute[AttributeHeaderSize..]);
        _bytes.Advance(Aligned(AttributeHeaderSize + value.Length));
        return this;
    }

    /// <summary>With the NUL that the kernel wants behind names.</summary>
    public NetlinkMessage Add(ushort type, string text) => Add(type, [.. Encoding.UTF8.GetBytes(text), 0]);

    public NetlinkMessage Add(ushort type, uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Add(type, bytes);
    }

    /// <summary>Attributes within one.</summary>
    public NetlinkMessage AddNested(ushort type, params ReadOnlySpan<(ushort Type, byte[] Value)> attributes)
    {
        NetlinkMessage inner = new(0, 0, []);
        foreach ((ushort innerType, byte[] value) in attributes)
        {
            inner.Add(innerType, value);
        }

        return Add((ushort)(type | NLA_F_NESTED), inner._bytes.WrittenSpan[HeaderSize..]);
    }

    internal static int Aligned(int length) => (length + 3) & ~3;
}
