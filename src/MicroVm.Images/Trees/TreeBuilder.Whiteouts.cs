using MicroVm.Images.Layers;

namespace MicroVm.Images.Trees;

/// <summary>
/// Removal by whiteouts (OCI image-spec, layer.md): of lower layers' files alone, wherever in the archive the whiteout
/// stands. What is not there need not be removed.
/// </summary>
internal sealed partial class TreeBuilder
{
    private void RemoveLower(ByteString path)
    {
        int start = LayerPath.BaseStart(path.Span);
        if (_resolver.FindDirectory(path.Slice(0, start), create: null) is { } parent
            && parent.Children!.Find(path.Slice(start)) is { } child
            && !TryRemove(parent, child))
        {
            RemoveUntouched(child.Node);
        }

        _lastParent = null;
    }

    private void RemoveLowerChildren(ByteString path)
    {
        if (_resolver.FindDirectory(path, create: null) is { } directory)
        {
            RemoveUntouched(directory);
        }

        _lastParent = null;
    }

    /// <summary>False: the current layer made it, or something in it.</summary>
    private bool TryRemove(ImageNode parent, ImageEntry child)
    {
        bool isOwn = child.Node.IsDirectory ? child.Node.TouchedBy == _layer : child.SetBy == _layer;
        if (!isOwn)
        {
            parent.Children!.Remove(child);
        }

        return !isOwn;
    }

    /// <summary>Once per directory and layer: what comes there afterwards is the layer's own.</summary>
    private void RemoveUntouched(ImageNode node)
    {
        var pending = new Stack<ImageNode>([node]);
        while (pending.TryPop(out ImageNode? directory))
        {
            if (!directory.IsDirectory || directory.PurgedBy == _layer)
            {
                continue;
            }

            directory.PurgedBy = _layer;
            foreach (ImageEntry child in directory.Children!.ToArray())
            {
                if (!TryRemove(directory, child))
                {
                    pending.Push(child.Node);
                }
            }
        }
    }
}
