namespace MicroVm.Images.Trees;

/// <summary>What only the whole tree tells: order and link counts.</summary>
internal sealed partial class TreeBuilder
{
    /// <summary>Ends the building.</summary>
    public ImageTree Finish()
    {
        int count = 1;
        var pending = new Stack<ImageNode>([_root]);
        while (pending.TryPop(out ImageNode? directory))
        {
            Sort(directory);
            directory.LinkCount = 2;
            foreach (ImageEntry entry in directory.SortedEntries)
            {
                ImageNode node = entry.Node;
                if (node.IsDirectory)
                {
                    directory.LinkCount++;
                    pending.Push(node);
                }

                count += node.IsDirectory || node.LinkCount++ == 0 ? 1 : 0;
            }
        }

        return new(_root, count);
    }

    private static void Sort(ImageNode directory)
    {
        directory.SortedEntries = directory.Children!.ToArray();
        Array.Sort(directory.SortedEntries, static (a, b) => a.Name.CompareTo(b.Name));
    }
}
