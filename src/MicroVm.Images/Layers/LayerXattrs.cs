using System.Buffers.Binary;
using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>
/// Which extended attributes a layer keeps, and their form in the index: for each, sorted by name, u16 name length, u16
/// value length, name, value.
/// </summary>
internal static class LayerXattrs
{
    private const uint AclVersion = 2;
    private const int AclHeader = 4;
    private const int AclEntry = 8;

    public static byte[] Encode(TarEntry entry, NodeKind kind)
    {
        if (entry.Xattrs.Count == 0)
        {
            return [];
        }

        using var encoded = new MemoryStream();
        Span<byte> lengths = stackalloc byte[4];
        foreach (TarXattr xattr in entry.Xattrs.Where(x => IsKept(x.Name, kind)).OrderBy(x => Latin1.GetString(x.Name), StringComparer.Ordinal))
        {
            Check(xattr, entry.Name);
            BinaryPrimitives.WriteUInt16LittleEndian(lengths, (ushort)xattr.Name.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(lengths[2..], (ushort)xattr.Value.Length);
            encoded.Write(lengths);
            encoded.Write(xattr.Name);
            encoded.Write(xattr.Value);
        }

        return encoded.Length <= LayerLimits.MaxXattrs
            ? encoded.ToArray()
            : throw TarError.Invalid("too many extended attributes", entry.Name);
    }

    /// <summary>
    /// Dropped: what only the machine that made the layer understands (SELinux labels, NFS ACLs), what would steer
    /// overlayfs, namespaces that Linux doesn't have, and user attributes where Linux has none.
    /// </summary>
    private static bool IsKept(ReadOnlySpan<byte> name, NodeKind kind)
    {
        if (name.SequenceEqual("security.selinux"u8) || name.StartsWith("trusted.overlay."u8))
        {
            return false;
        }

        return HasNameAfter(name, "user."u8) ? kind is NodeKind.File or NodeKind.Directory
            : IsAcl(name) ? kind != NodeKind.SymbolicLink
            : HasNameAfter(name, "security."u8) || HasNameAfter(name, "trusted."u8);
    }

    private static bool HasNameAfter(ReadOnlySpan<byte> name, ReadOnlySpan<byte> prefix) =>
        name.StartsWith(prefix) && name.Length > prefix.Length;

    private static bool IsAcl(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("system.posix_acl_access"u8) || name.SequenceEqual("system.posix_acl_default"u8);

    private static void Check(TarXattr xattr, ReadOnlySpan<byte> file)
    {
        if (xattr.Name.Length > LayerLimits.MaxXattrName || xattr.Value.Length > LayerLimits.MaxXattrValue)
        {
            throw TarError.Invalid("extended attribute too long", file);
        }

        if (xattr.Name.Contains((byte)0))
        {
            throw TarError.Invalid("extended attribute with a NUL byte in its name", file);
        }

        if (IsAcl(xattr.Name) && !IsAclValue(xattr.Value))
        {
            throw TarError.Invalid("malformed access control list", file);
        }
    }

    /// <summary>linux/posix_acl_xattr.h: a version and 8-byte entries.</summary>
    private static bool IsAclValue(ReadOnlySpan<byte> value) =>
        value.Length >= AclHeader && (value.Length - AclHeader) % AclEntry == 0
        && BinaryPrimitives.ReadUInt32LittleEndian(value) == AclVersion;
}
