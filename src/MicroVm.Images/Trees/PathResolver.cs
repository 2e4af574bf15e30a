using MicroVm.Images.Layers;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Trees;

/// <summary>
/// Follows paths and symbolic links with the image's root as the root, as chroot(2) would: no path leaves it.
/// </summary>
internal sealed class PathResolver
{
    private readonly ImageNode _root;
    private ByteString[] _pending = new ByteString[8];
    private int _pendingCount;
    private ImageNode _directory;
    private int _links;
    private int _lookups;

    public PathResolver(ImageNode root) => _root = _directory = root;

    /// <summary>The node at a path, or null when a component is missing or not a directory.</summary>
    public ImageNode? Find(ByteString path, bool followLast)
    {
        Start(path);
        ImageNode? found = _directory;
        while (TryNext(out ByteString name))
        {
            found = Step(name);
            bool isLast = _pendingCount == 0;
            if (found is null || (isLast && !followLast))
            {
                return found;
            }

            if (found.Kind == NodeKind.SymbolicLink)
            {
                Follow(found, path);
                found = _directory;
            }
            else if (found.IsDirectory)
            {
                _directory = found;
            }
            else if (!isLast)
            {
                return null;
            }
        }

        return found;
    }

    /// <summary>
    /// The directory at a path; a missing one is made by <paramref name="create"/> when given, else null. What is there
    /// and no directory is null too.
    /// </summary>
    public ImageNode? FindDirectory(ByteString path, Func<ImageNode, ByteString, ImageNode>? create)
    {
        Start(path);
        while (TryNext(out ByteString name))
        {
            ImageNode? found = Step(name) ?? create?.Invoke(_directory, name);
            switch (found?.Kind)
            {
                case NodeKind.Directory:
                    _directory = found;
                    break;
                case NodeKind.SymbolicLink:
                    Follow(found, path);
                    break;
                default:
                    return null;
            }
        }

        return _directory;
    }

    private void Start(ByteString path)
    {
        _pendingCount = 0;
        _links = 0;
        _directory = _root;
        Push(path);
    }

    private ImageNode? Step(ByteString name)
    {
        if (++_lookups > LayerLimits.MaxLookups)
        {
            throw TarError.Invalid("the image's paths take too long to follow");
        }

        return name.Span switch
        {
            [(byte)'.'] => _directory,
            [(byte)'.', (byte)'.'] => _directory.Parent ?? _directory,
            _ => _directory.Children!.Find(name)?.Node,
        };
    }

    private void Follow(ImageNode link, ByteString path)
    {
        if (++_links > LayerLimits.MaxSymlinks)
        {
            throw TarError.Invalid("too many symbolic links", path.Span);
        }

        if (link.LinkTarget.Span is [(byte)'/', ..])
        {
            _directory = _root;
        }

        Push(link.LinkTarget);
    }

    private void Push(ByteString path)
    {
        if (path.IsEmpty)
        {
            return;
        }

        if (_pendingCount == _pending.Length)
        {
            Array.Resize(ref _pending, 2 * _pendingCount);
        }

        _pending[_pendingCount++] = path;
    }

    /// <summary>Takes the first component off; empty ones (slashes in a row) don't count.</summary>
    private bool TryNext(out ByteString name)
    {
        while (_pendingCount > 0)
        {
            ByteString path = _pending[--_pendingCount];
            int slash = path.Span.IndexOf((byte)'/');
            name = slash < 0 ? path : path.Slice(0, slash);
            if (slash >= 0)
            {
                Push(path.Slice(slash + 1));
            }

            if (!name.IsEmpty)
            {
                return true;
            }
        }

        name = default;
        return false;
    }
}
