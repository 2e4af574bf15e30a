using System.Text;

namespace MicroVm.Images.Trees;

/// <summary>
/// The file tree that an image's layers make together: what the root disk holds, without reading it. Immutable.
/// </summary>
public sealed class ImageTree
{
    internal ImageTree(ImageNode root, int nodeCount)
    {
        Root = root;
        NodeCount = nodeCount;
    }

    public ImageNode Root { get; }

    /// <summary>Files and directories; hard links count once.</summary>
    public int NodeCount { get; }

    /// <summary>
    /// The file at a path, or null. Symbolic links on the way are followed inside the image; a last one only when
    /// <paramref name="followLast"/> says so.
    /// </summary>
    /// <exception cref="ImageException">Invalid: too many symbolic links.</exception>
    public ImageNode? Find(string path, bool followLast = false)
    {
        var components = new ByteString(Encoding.UTF8.GetBytes(path));
        return new PathResolver(Root).Find(components, followLast);
    }

    /// <summary>Every name in the image, directories before what is in them, the root (empty path) first.</summary>
    public IEnumerable<(byte[] Path, ImageNode Node)> Walk()
    {
        var pending = new Stack<(byte[] Path, ImageNode Node)>();
        pending.Push(([], Root));
        while (pending.TryPop(out var next))
        {
            yield return next;
            for (int i = next.Node.SortedEntries.Length - 1; i >= 0; i--)
            {
                ImageEntry entry = next.Node.SortedEntries[i];
                pending.Push((Join(next.Path, entry.Name.Span), entry.Node));
            }
        }
    }

    private static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) =>
        directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];
}
