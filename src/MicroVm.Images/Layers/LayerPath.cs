using MicroVm.Images.Tar;

namespace MicroVm.Images.Layers;

/// <summary>
/// Names of archive entries as paths in the image: components joined by single slashes, no leading or trailing one, no
/// "." and "..". The root is the empty path.
/// </summary>
internal static class LayerPath
{
    /// <summary>
    /// Cleans lexically, as Docker does: "a/../b" is "b"; "/../b" stays at the root; "../b" leaves it and is refused.
    /// </summary>
    public static byte[] Normalize(ReadOnlySpan<byte> name)
    {
        Span<byte> path = stackalloc byte[LayerLimits.MaxPath + 1];
        int length = 0;
        foreach (Range range in name.Split((byte)'/'))
        {
            ReadOnlySpan<byte> component = name[range];
            if (component.IsEmpty || component.SequenceEqual("."u8))
            {
                continue;
            }

            length = component.SequenceEqual(".."u8)
                ? RemoveLast(path[..length], name)
                : Append(path, length, component, name);
        }

        return path[..length].ToArray();
    }

    /// <summary>Where the last component starts.</summary>
    public static int BaseStart(ReadOnlySpan<byte> path) => path.LastIndexOf((byte)'/') + 1;

    private static int RemoveLast(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        if (path.IsEmpty && name[0] != '/')
        {
            throw TarError.Invalid("a path leaves the image's root", name);
        }

        return Math.Max(path.LastIndexOf((byte)'/'), 0);
    }

    private static int Append(Span<byte> path, int length, ReadOnlySpan<byte> component, ReadOnlySpan<byte> name)
    {
        int start = length == 0 ? 0 : length + 1;
        if (component.Length > LayerLimits.MaxName || start + component.Length > LayerLimits.MaxPath)
        {
            throw TarError.Invalid("file name too long", name);
        }

        if (component.Contains((byte)0))
        {
            throw TarError.Invalid("a name with a NUL byte", name);
        }

        path[length] = (byte)'/';
        component.CopyTo(path[start..]);
        return start + component.Length;
    }
}
