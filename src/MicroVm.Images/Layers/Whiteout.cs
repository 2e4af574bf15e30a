using MicroVm.Images.Tar;

namespace MicroVm.Images.Layers;

internal enum WhiteoutKind
{
    None,

    /// <summary>.wh.NAME: the lower layers' NAME is gone.</summary>
    Name,

    /// <summary>.wh..wh..opq: everything that lower layers have in this directory is gone.</summary>
    Opaque,

    /// <summary>.wh..wh.*: AUFS's own files, without meaning to others.</summary>
    Metadata,
}

/// <summary>Names that remove (OCI image-spec, layer.md, "Whiteouts"; moby, pkg/archive, whiteouts.go).</summary>
internal static class Whiteout
{
    /// <summary>Tells what a normalised path is, and the path that it removes from, or removes.</summary>
    public static WhiteoutKind Parse(ReadOnlySpan<byte> path, out byte[] target)
    {
        int start = LayerPath.BaseStart(path);
        ReadOnlySpan<byte> name = path[start..];
        target = [];
        if (IsInMetadata(path[..start]))
        {
            return WhiteoutKind.Metadata;
        }

        if (!name.StartsWith(".wh."u8))
        {
            return WhiteoutKind.None;
        }

        if (name.StartsWith(".wh..wh."u8))
        {
            target = path[..Math.Max(start - 1, 0)].ToArray();
            return name.SequenceEqual(".wh..wh..opq"u8) ? WhiteoutKind.Opaque : WhiteoutKind.Metadata;
        }

        ReadOnlySpan<byte> removed = name[".wh.".Length..];
        if (removed.IsEmpty || removed.SequenceEqual("."u8) || removed.SequenceEqual(".."u8))
        {
            throw TarError.Invalid("a whiteout of no name", path);
        }

        target = [.. path[..start], .. removed];
        return WhiteoutKind.Name;
    }

    private static bool IsInMetadata(ReadOnlySpan<byte> parent) =>
        parent.StartsWith(".wh..wh."u8) || parent.IndexOf("/.wh..wh."u8) >= 0;
}
