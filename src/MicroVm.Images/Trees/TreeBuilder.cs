using MicroVm.Images.Layers;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Trees;

/// <summary>
/// Merges layers, lowest first, into one tree: each layer's records are replayed in the archive's order, by the rules that
/// containerd (archive/tar.go) and umoci apply to a directory on disk.
/// </summary>
internal sealed partial class TreeBuilder
{
    private const ushort ImpliedDirectoryMode = 0x1ed; // 0755

    private readonly ImageNode _root = NewRoot();
    private readonly PathResolver _resolver;
    private readonly Func<ImageNode, ByteString, ImageNode> _createImplied;
    private int _layer;
    private int _dataFile;
    private int _created = 1;
    private long _records;
    private LayerRecord _record;
    private ByteString _lastParentPath;
    private ImageNode? _lastParent;

    public TreeBuilder()
    {
        _resolver = new(_root);
        _createImplied = CreateImplied;
    }

    /// <param name="dataFile">Which of the image's data files has the contents; the same layer may come twice.</param>
    public void Apply(LayerIndex index, int dataFile)
    {
        _layer++;
        _dataFile = dataFile;
        _lastParent = null;
        CheckSize(index.Header);
        LayerIndexReader reader = index.Read();
        while (reader.MoveNext())
        {
            _record = reader.Record;
            switch (_record.Kind)
            {
                case RecordKind.Whiteout:
                    RemoveLower(reader.Path);
                    break;
                case RecordKind.Opaque:
                    RemoveLowerChildren(reader.Path);
                    break;
                case RecordKind.HardLink:
                    Link(reader.Path, reader.Link);
                    break;
                default:
                    Put(reader);
                    break;
            }
        }
    }

    /// <summary>A layer that comes again is work again.</summary>
    private void CheckSize(LayerIndexHeader index)
    {
        _records += index.RecordCount;
        if (_records > LayerLimits.MaxImageRecords)
        {
            throw TarError.Invalid($"the image's layers have more than {LayerLimits.MaxImageRecords} entries");
        }
    }

    private static ImageNode NewRoot() =>
        new(NodeKind.Directory) { Mode = ImpliedDirectoryMode, Children = new() };

    private void Put(LayerIndexReader reader)
    {
        if (reader.Path.IsEmpty)
        {
            SetAttributes(_root, reader);
            return;
        }

        ImageNode parent = ParentOf(reader.Path, out ByteString name);
        ImageEntry? existing = parent.Children!.Find(name);
        var kind = (NodeKind)_record.Kind;
        if (existing is { Node.IsDirectory: true } && kind == NodeKind.Directory)
        {
            SetAttributes(existing.Node, reader);
            return;
        }

        ImageNode node = NewNode(parent, kind);
        SetName(parent, name, existing, node);
        SetAttributes(node, reader);
    }

    private void Link(ByteString path, ByteString target)
    {
        ImageNode node = FindLinkTarget(target)
            ?? throw TarError.Invalid($"hard link \"{TarError.Printable(path.Span)}\" to a missing file", target.Span);
        if (node.IsDirectory)
        {
            throw TarError.Invalid($"hard link \"{TarError.Printable(path.Span)}\" to a directory", target.Span);
        }

        ImageNode parent = ParentOf(path, out ByteString name);
        SetName(parent, name, parent.Children!.Find(name), node);
    }

    /// <summary>Links on the way are followed, the target itself is not: a hard link to a symbolic link is one.</summary>
    private ImageNode? FindLinkTarget(ByteString target)
    {
        int start = LayerPath.BaseStart(target.Span);
        ImageNode? parent = _resolver.FindDirectory(target.Slice(0, start), create: null);
        return parent?.Children!.Find(target.Slice(start))?.Node;
    }

    /// <summary>
    /// The directory that a path's last component belongs in, missing ones made. Archives list directories' files
    /// together, so the last answer is kept until something that could change it happens.
    /// </summary>
    private ImageNode ParentOf(ByteString path, out ByteString name)
    {
        int start = LayerPath.BaseStart(path.Span);
        name = path.Slice(start);
        ByteString parentPath = path.Slice(0, start);
        if (_lastParent is null || parentPath != _lastParentPath)
        {
            _lastParent = _resolver.FindDirectory(parentPath, _createImplied)
                ?? throw TarError.Invalid("an entry below something that is not a directory", path.Span);
            _lastParentPath = parentPath;
            Touch(_lastParent);
        }

        return _lastParent;
    }

    private void SetName(ImageNode directory, ByteString name, ImageEntry? existing, ImageNode node)
    {
        if (existing is null)
        {
            directory.Children!.Add(name, node, _layer);
            return;
        }

        existing.Node = node;
        existing.SetBy = _layer;
        _lastParent = null;
    }

    /// <summary>Whiteouts spare what their own layer has, and the directories that lead there.</summary>
    private void Touch(ImageNode directory)
    {
        for (ImageNode? node = directory; node is not null && node.TouchedBy != _layer; node = node.Parent)
        {
            node.TouchedBy = _layer;
        }
    }

    private ImageNode CreateImplied(ImageNode parent, ByteString name)
    {
        ImageNode node = NewNode(parent, NodeKind.Directory);
        node.Mode = ImpliedDirectoryMode;
        node.MtimeSeconds = _record.MtimeSeconds;
        node.MtimeNanoseconds = _record.MtimeNanoseconds;
        parent.Children!.Add(name, node, _layer);
        return node;
    }

    private ImageNode NewNode(ImageNode parent, NodeKind kind)
    {
        if (++_created > LayerLimits.MaxNodes)
        {
            throw TarError.Invalid($"the image has more than {LayerLimits.MaxNodes} files");
        }

        if (kind != NodeKind.Directory)
        {
            return new(kind);
        }

        return parent.Depth < LayerLimits.MaxDepth
            ? new(kind) { Parent = parent, Depth = parent.Depth + 1, Children = new() }
            : throw TarError.Invalid("directories nested too deeply");
    }

    private void SetAttributes(ImageNode node, LayerIndexReader reader)
    {
        node.Mode = _record.Mode;
        node.Uid = _record.Uid;
        node.Gid = _record.Gid;
        node.MtimeSeconds = _record.MtimeSeconds;
        node.MtimeNanoseconds = _record.MtimeNanoseconds;
        node.EncodedXattrs = reader.Xattrs;
        node.Device = _record.Device;
        node.LinkTarget = reader.Link;
        node.Size = node.Kind == NodeKind.SymbolicLink ? reader.Link.Length : _record.FileSize;
        node.DataFile = _dataFile;
        node.DataBlock = _record.DataBlock;
        node.ChunkBits = _record.ChunkBits;
        node.Chunks = reader.Chunks;
        if (node.IsDirectory)
        {
            Touch(node);
        }
    }
}
