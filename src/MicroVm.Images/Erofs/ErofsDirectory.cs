using System.Runtime.InteropServices;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Erofs;

/// <summary>
/// A directory's content: blocks of entries, then their names, both sorted by unsigned bytes, "." and ".." among them.
/// Only the last block may be shorter.
/// </summary>
internal static class ErofsDirectory
{
    private static readonly ByteString s_dot = new([(byte)'.']);
    private static readonly ByteString s_dotDot = new([(byte)'.', (byte)'.']);

    /// <summary>Bytes of the content.</summary>
    public static long Size(ImageNode directory)
    {
        long blocks = 0;
        int used = 0;
        foreach (ImageEntry entry in Entries(directory))
        {
            int needed = ErofsDirent.Size + entry.Name.Length;
            if (used + needed > ErofsFormat.BlockSize)
            {
                blocks++;
                used = 0;
            }

            used += needed;
        }

        return (blocks * ErofsFormat.BlockSize) + used;
    }

    /// <summary>
    /// Writes the content into zeroed space: all whole blocks into the one, the last block into the other.
    /// </summary>
    public static void Write(ImageNode directory, Span<byte> wholeBlocks, Span<byte> lastBlock)
    {
        var block = new List<ImageEntry>();
        int used = 0;
        foreach (ImageEntry entry in Entries(directory))
        {
            int needed = ErofsDirent.Size + entry.Name.Length;
            if (used + needed > ErofsFormat.BlockSize)
            {
                WriteBlock(block, wholeBlocks[..ErofsFormat.BlockSize]);
                wholeBlocks = wholeBlocks[ErofsFormat.BlockSize..];
                block.Clear();
                used = 0;
            }

            block.Add(entry);
            used += needed;
        }

        WriteBlock(block, wholeBlocks.IsEmpty ? lastBlock : wholeBlocks);
    }

    private static void WriteBlock(List<ImageEntry> entries, Span<byte> block)
    {
        int nameOffset = entries.Count * ErofsDirent.Size;
        for (int i = 0; i < entries.Count; i++)
        {
            ByteString name = entries[i].Name;
            ImageNode node = entries[i].Node;
            var dirent = new ErofsDirent { Nid = node.Number, NameOffset = (ushort)nameOffset, FileType = FileType(node.Kind) };
            MemoryMarshal.Write(block[(i * ErofsDirent.Size)..], in dirent);
            name.Span.CopyTo(block[nameOffset..]);
            nameOffset += name.Length;
        }
    }

    /// <summary>The entries and the two that every directory has, merged in order.</summary>
    private static IEnumerable<ImageEntry> Entries(ImageNode directory)
    {
        var dots = new Queue<ImageEntry>([new(s_dot, directory), new(s_dotDot, directory.Parent ?? directory)]);
        foreach (ImageEntry entry in directory.SortedEntries)
        {
            while (dots.TryPeek(out ImageEntry? dot) && dot.Name < entry.Name)
            {
                yield return dots.Dequeue();
            }

            yield return entry;
        }

        while (dots.TryDequeue(out ImageEntry? dot))
        {
            yield return dot;
        }
    }

    private static byte FileType(NodeKind kind) => kind switch
    {
        NodeKind.File => 1,
        NodeKind.Directory => 2,
        NodeKind.CharacterDevice => 3,
        NodeKind.BlockDevice => 4,
        NodeKind.Fifo => 5,
        _ => 7,
    };
}
