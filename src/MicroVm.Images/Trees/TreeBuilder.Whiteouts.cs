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
        ByteString name = path.Slice(start);
        if (_resolver.FindDirectory(path.Slice(0, start), create: null) is { } parent
            && parent.Children!.TryGetValue(name, out ImageNode.Name child)
            && !TryRemove(parent, name, child))
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
    private bool TryRemove(ImageNode parent, ByteString name, ImageNode.Name child)
    {
        bool isOwn = child.Node.IsDirectory ? child.Node.TouchedBy == _layer : child.SetBy == _layer;
        return !isOwn && parent.Children!.Remove(name);
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
            foreach ((ByteString name, ImageNode.Name child) in directory.Children!)
            {
                // Removing while enumerating is allowed for Dictionary.
                if (!TryRemove(directory, name, child))
                {
                    pending.Push(child.Node);
                }
            }
        }
    }
}
