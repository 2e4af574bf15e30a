using System.Text;
using MicroVm.Images.Composition;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Builds.Copies;

/// <summary>
/// The entries of the layer that COPY, ADD or WORKDIR makes, by Docker's rules for what is there already. Destinations are followed through
/// the image's own links, inside it.
/// </summary>
/// <param name="image">What the layer comes on top of.</param>
/// <param name="now">Seconds since 1970: the time of directories that are made on the way.</param>
internal sealed class CopyPlan(ImageTree image, long now)
{
    private const ushort DirectoryMode = 0x1ed; // 0755
    private const ushort LinkMode = 0x1ff; // 0777: Linux knows no other

    private readonly List<LayerEntry> _entries = [];
    private readonly HashSet<string> _made = [];
    private readonly Dictionary<(ImageContents, ImageNode), byte[]> _links = [];

    public IReadOnlyList<LayerEntry> Entries => _entries;

    /// <summary>Bytes of all files.</summary>
    public long Size { get; private set; }

    /// <summary>A directory and those above it, where they are missing: WORKDIR.</summary>
    /// <exception cref="EngineException">Invalid: something else is in its place.</exception>
    public void MakeDirectory(string path)
    {
        (byte[] resolved, ImageNode? node) = ScopedPath.Resolve(image, Encoding.UTF8.GetBytes(path));
        if (node is { Kind: not NodeKind.Directory })
        {
            throw Invalid($"Cannot mkdir: {OneLine.Of(path, 200)} is not a directory");
        }

        MakeDirectories(resolved, default);
    }

    /// <param name="destination">Absolute.</param>
    /// <param name="isDirectory">It is to be a directory, whether or not it is there.</param>
    public void Copy(CopySource source, string destination, bool isDirectory)
    {
        (byte[] resolved, ImageNode? node) = ScopedPath.Resolve(image, Encoding.UTF8.GetBytes(destination));
        Owner owner = source.Owner ?? default;
        bool copiesDirectory = source.Node.Kind == NodeKind.Directory;
        if (node is { Kind: not NodeKind.Directory } && (copiesDirectory || isDirectory))
        {
            throw Invalid($"cannot copy to non-directory: {OneLine.Of(destination, 200)}");
        }

        if (copiesDirectory)
        {
            MakeDirectories(ParentOf(resolved), default);
            Touch(ParentOf(resolved));
            MakeDirectories(resolved, owner);
            Touch(resolved);
            AddTree(source, resolved, source.Node);
            return;
        }

        byte[] path = isDirectory || node is { Kind: NodeKind.Directory } ? Join(resolved, source.Name) : resolved;
        MakeDirectories(ParentOf(path), owner);
        Touch(ParentOf(path));
        Add(source, path, source.Node);
    }

    private void AddTree(CopySource source, byte[] destination, ImageNode directory)
    {
        var pending = new Stack<(byte[] Path, ImageNode Node)>([(destination, directory)]);
        while (pending.TryPop(out (byte[] Path, ImageNode Node) next))
        {
            foreach (ImageEntry child in next.Node.Entries)
            {
                byte[] path = Join(next.Path, child.Name.Span);
                Add(source, path, child.Node);
                if (child.Node.Kind == NodeKind.Directory)
                {
                    _made.Add(Key(path));
                    pending.Push((path, child.Node));
                }
            }
        }
    }

    private void Add(CopySource source, byte[] path, ImageNode node)
    {
        Owner owner = source.Owner ?? new(node.Uid, node.Gid);
        bool isLink = node.Kind == NodeKind.SymbolicLink;
        _entries.Add(new(path, node.Kind)
        {
            Mode = isLink ? LinkMode : source.Mode ?? node.Mode,
            Uid = owner.Uid,
            Gid = owner.Gid,
            MtimeSeconds = node.MtimeSeconds,
            LinkTarget = isLink ? node.LinkTarget.Span.ToArray() : [],
            LinkTo = LinkFor(source, path, node),
            DeviceMajor = node.DeviceMajor,
            DeviceMinor = node.DeviceMinor,
            Xattrs = node.Xattrs,
            Size = node.Kind == NodeKind.File ? node.Size : 0,
            Content = node.Kind == NodeKind.File ? () => source.Contents.Open(node) : null,
        });
        Size = checked(Size + (_entries[^1].LinkTo is null ? _entries[^1].Size : 0));
    }

    /// <summary>Where the same file was copied to before; null: this is its first name.</summary>
    private byte[]? LinkFor(CopySource source, byte[] path, ImageNode node)
    {
        if (node.Kind == NodeKind.Directory || node.LinkCount < 2 || _links.TryAdd((source.Contents, node), path))
        {
            return null;
        }

        return _links[(source.Contents, node)];
    }

    private void MakeDirectories(byte[] path, Owner owner)
    {
        for (int end = 0; end < path.Length;)
        {
            int slash = path.AsSpan(end + 1).IndexOf((byte)'/');
            end = slash < 0 ? path.Length : end + 1 + slash;
            byte[] directory = path[..end];
            ImageNode? node = ScopedPath.Resolve(image, directory, followLast: false).Node;
            if (node is { Kind: not NodeKind.Directory })
            {
                throw Invalid($"mkdir /{OneLine.Of(Encoding.UTF8.GetString(directory), 200)}: not a directory");
            }

            if (node is null && _made.Add(Key(directory)))
            {
                _entries.Add(new(directory, NodeKind.Directory) { Mode = DirectoryMode, Uid = owner.Uid, Gid = owner.Gid, MtimeSeconds = now });
            }
        }
    }

    /// <summary>A directory that gets a new file has changed now, and stays as it is otherwise.</summary>
    private void Touch(byte[] path)
    {
        if (path.Length > 0 && ScopedPath.Resolve(image, path, followLast: false).Node is { Kind: NodeKind.Directory } node && _made.Add(Key(path)))
        {
            _entries.Add(new(path, NodeKind.Directory) { Mode = node.Mode, Uid = node.Uid, Gid = node.Gid, MtimeSeconds = now, Xattrs = node.Xattrs });
        }
    }

    private static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) => directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];

    private static byte[] ParentOf(byte[] path) => path[..Math.Max(0, path.AsSpan().LastIndexOf((byte)'/'))];

    private static string Key(byte[] path) => Encoding.Latin1.GetString(path);

    private static EngineException Invalid(string message) => new(EngineErrorKind.Invalid, message);
}
