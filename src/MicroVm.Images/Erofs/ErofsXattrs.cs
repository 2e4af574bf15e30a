using System.Buffers.Binary;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Erofs;

/// <summary>
/// A node's extended attributes as they stand behind its inode: erofs_xattr_ibody_header without shared ones, then
/// erofs_xattr_entry, name without its namespace's prefix, value, padding to 4, for each.
/// </summary>
internal static class ErofsXattrs
{
    /// <summary>Bytes, a multiple of 4; 0 without attributes.</summary>
    public static int Size(ImageNode node)
    {
        if (node.EncodedXattrs.IsEmpty)
        {
            return 0;
        }

        int size = ErofsFormat.XattrHeaderSize;
        foreach ((ByteString name, ByteString value) in node.Xattrs)
        {
            _ = Namespace(name.Span, out int prefix);
            size += Aligned(ErofsFormat.XattrEntrySize + name.Length - prefix + value.Length);
        }

        return size;
    }

    /// <summary>i_xattr_icount for a size.</summary>
    public static ushort Count(int size) => size == 0
        ? (ushort)0
        : checked((ushort)(1 + ((size - ErofsFormat.XattrHeaderSize) / sizeof(uint))));

    /// <summary>Writes into zeroed space of <see cref="Size"/> bytes.</summary>
    public static void Write(ImageNode node, Span<byte> space)
    {
        space = space[ErofsFormat.XattrHeaderSize..];
        foreach ((ByteString name, ByteString value) in node.Xattrs)
        {
            byte index = Namespace(name.Span, out int prefix);
            ReadOnlySpan<byte> rest = name.Span[prefix..];
            space[0] = (byte)rest.Length;
            space[1] = index;
            BinaryPrimitives.WriteUInt16LittleEndian(space[2..], (ushort)value.Length);
            rest.CopyTo(space[ErofsFormat.XattrEntrySize..]);
            value.Span.CopyTo(space[(ErofsFormat.XattrEntrySize + rest.Length)..]);
            space = space[Aligned(ErofsFormat.XattrEntrySize + rest.Length + value.Length)..];
        }
    }

    private static int Aligned(int size) => (size + 3) & ~3;

    private static byte Namespace(ReadOnlySpan<byte> name, out int prefix)
    {
        prefix = name.IndexOf((byte)'.') + 1;
        switch (name[..prefix])
        {
            case var p when p.SequenceEqual("user."u8):
                return ErofsFormat.XattrIndexUser;
            case var p when p.SequenceEqual("trusted."u8):
                return ErofsFormat.XattrIndexTrusted;
            case var p when p.SequenceEqual("security."u8):
                return ErofsFormat.XattrIndexSecurity;
            default:
                // The two ACL names are whole in their index; a layer's index has no others.
                prefix = name.Length;
                return name.EndsWith("_access"u8) ? ErofsFormat.XattrIndexPosixAclAccess : ErofsFormat.XattrIndexPosixAclDefault;
        }
    }
}
