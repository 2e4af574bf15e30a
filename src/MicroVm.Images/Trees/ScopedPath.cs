using MicroVm.Images.Layers;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Trees;

/// <summary>
/// Paths without symbolic links: those on the way, and a last one, are followed with the image's root as the root; what is not there
/// stays as it is named. So no path leaves the image.
/// </summary>
public static class ScopedPath
{
    /// <param name="path">Relative to the root; "." and ".." count.</param>
    /// <returns>Components joined by single slashes, and what is there; null: nothing.</returns>
    /// <exception cref="ImageException">Invalid: too many symbolic links, or a path that is too long.</exception>
    public static (byte[] Path, ImageNode? Node) Resolve(ImageTree tree, ReadOnlySpan<byte> path, bool followLast = true)
    {
        var pending = new Stack<byte[]>();
        Push(pending, path);
        List<(byte[] Name, ImageNode? Node)> found = [];
        int links = 0;
        while (pending.TryPop(out byte[]? name))
        {
            if (name.AsSpan().SequenceEqual(".."u8))
            {
                found.RemoveRange(Math.Max(0, found.Count - 1), Math.Min(1, found.Count));
                continue;
            }

            ImageNode? node = Child(found.Count == 0 ? tree.Root : found[^1].Node, name);
            if (node is { Kind: NodeKind.SymbolicLink } && (followLast || pending.Count > 0))
            {
                Follow(node, pending, found, ref links);
                continue;
            }

            found.Add((name, node));
        }

        byte[] resolved = [.. found.SelectMany((part, i) => i == 0 ? part.Name : [(byte)'/', .. part.Name])];
        return resolved.Length <= LayerLimits.MaxPath
            ? (resolved, found.Count == 0 ? tree.Root : found[^1].Node)
            : throw TarError.Invalid("file name too long", path);
    }

    /// <summary>A directory's file of that name.</summary>
    public static ImageNode? Child(ImageNode? directory, ReadOnlySpan<byte> name)
    {
        if (directory is not { IsDirectory: true })
        {
            return null;
        }

        ImageEntry[] entries = directory.SortedEntries;
        (int low, int high) = (0, entries.Length - 1);
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int order = entries[middle].Name.Span.SequenceCompareTo(name);
            if (order == 0)
            {
                return entries[middle].Node;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    private static void Follow(ImageNode link, Stack<byte[]> pending, List<(byte[] Name, ImageNode? Node)> found, ref int links)
    {
        if (++links > LayerLimits.MaxSymlinks)
        {
            throw TarError.Invalid("too many symbolic links", link.LinkTarget.Span);
        }

        if (link.LinkTarget.Span is [(byte)'/', ..])
        {
            found.Clear();
        }

        Push(pending, link.LinkTarget.Span);
    }

    private static void Push(Stack<byte[]> pending, ReadOnlySpan<byte> path)
    {
        List<byte[]> names = [];
        foreach (Range range in path.Split((byte)'/'))
        {
            if (path[range] is { IsEmpty: false } name && !name.SequenceEqual("."u8))
            {
                names.Add(name.ToArray());
            }
        }

        for (int i = names.Count - 1; i >= 0; i--)
        {
            pending.Push(names[i]);
        }
    }
}
