using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace MicroVm.Images.Tests.Erofs;

/// <summary>
/// Reads a volume strictly, from the format's definition (fs/erofs/erofs_fs.h) rather than from the writer: each field at
/// its offset, whatever the kernel or fsck.erofs would refuse is an error here.
/// </summary>
internal sealed class ErofsReader(VmdkDisk disk)
{
    private const int BlockSize = 4096;
    private const uint Null = uint.MaxValue;
    private readonly Dictionary<ulong, Inode> _inodes = [];

    public static IReadOnlyList<FileFacts> ReadAll(string descriptor)
    {
        using var disk = new VmdkDisk(descriptor);
        return new ErofsReader(disk).ReadAll();
    }

    public IReadOnlyList<FileFacts> ReadAll()
    {
        byte[] super = disk.Read(1024, 4096 - 1024);
        Assert.Equal(0xe0f5e1e2u, U32(super, 0));
        Assert.Equal(Checksum(super), U32(super, 4));
        Assert.Equal(12, super[12]);
        Assert.Equal(0u, U32(super, 80) & ~4u);
        Assert.InRange(U32(super, 36) * (long)BlockSize, 1, disk.Length);

        var files = new List<(FileFacts, string)>();
        var names = new Dictionary<ulong, int>();
        Walk("/", U16(super, 14), U16(super, 14), files, names);
        Assert.Equal(_inodes.Count, (long)U64(super, 16));
        Assert.Equal(_inodes.Count, _inodes.Values.Select(inode => inode.Ino).Distinct().Count());
        foreach ((ulong nid, int count) in names)
        {
            Assert.Equal((uint)count, _inodes[nid].Links);
        }

        return FileFacts.Group(files);
    }

    private void Walk(string path, ulong nid, ulong parent, List<(FileFacts, string)> files, Dictionary<ulong, int> names)
    {
        Inode inode = Get(nid);
        files.Add((Facts(path, inode), nid.ToString(CultureInfo.InvariantCulture)));
        if (inode.Type != 4)
        {
            names[nid] = names.GetValueOrDefault(nid) + 1;
            return;
        }

        uint subdirectories = 0;
        foreach ((byte[] name, ulong child, byte type) in Entries(inode))
        {
            string shown = FileFacts.Shown(name);
            if (shown is "." or "..")
            {
                Assert.Equal(shown == "." ? nid : parent, child);
                continue;
            }

            Assert.Equal(DirentType(Get(child).Type), type);
            subdirectories += type == 2 ? 1u : 0;
            Walk(path == "/" ? "/" + shown : path + "/" + shown, child, nid, files, names);
        }

        Assert.Equal(2 + subdirectories, inode.Links);
    }

    private Inode Get(ulong nid)
    {
        if (!_inodes.TryGetValue(nid, out Inode? inode))
        {
            inode = Inode.Parse((long)nid * 32, disk.Read((long)nid * 32, 64));
            _inodes.Add(nid, inode);
        }

        return inode;
    }

    private FileFacts Facts(string path, Inode inode) => new(
        path,
        inode.Type switch { 8 => "f", 4 => "d", 10 => "l", 2 => "c", 6 => "b", 1 => "p", _ => throw new InvalidDataException() },
        Convert.ToString(inode.Mode & 0xfff, 8),
        $"{inode.Uid}",
        $"{inode.Gid}",
        $"{inode.Links}",
        string.Create(CultureInfo.InvariantCulture, $"{inode.Mtime}.{inode.MtimeNanoseconds:d9}"),
        inode.Type == 4 ? "0" : $"{inode.Size}",
        inode.Type switch
        {
            8 => FileFacts.Hash(inode.Size, (offset, length) => Content(inode, offset, length)),
            10 => FileFacts.Shown(Content(inode, 0, (int)inode.Size)),
            2 or 6 => $"{(inode.Union >> 8) & 0xfff}:{(inode.Union & 0xff) | ((inode.Union >> 12) & 0xfff00)}",
            _ => "-",
        },
        string.Join(',', Xattrs(inode).Order(StringComparer.Ordinal)),
        "");

    /// <summary>Blocks of the content, in the manner of the kernel's erofs_map_blocks.</summary>
    private byte[] Content(Inode inode, long offset, int length)
    {
        byte[] content = new byte[length];
        for (int done = 0; done < length;)
        {
            long at = offset + done;
            (long where, long room) = Map(inode, at);
            int count = (int)Math.Min(length - done, Math.Min(room, inode.Size - at));
            if (where >= 0)
            {
                disk.Read(where, count).CopyTo(content, done);
            }

            done += count;
        }

        return content;
    }

    /// <summary>Where a byte is on the disk, or -1 in a hole, and how many follow it there.</summary>
    private (long Where, long Room) Map(Inode inode, long at)
    {
        long lastBlock = (inode.Size - 1) / BlockSize * BlockSize;
        switch (inode.Layout)
        {
            case 0:
                return (((long)inode.Union * BlockSize) + at, inode.Size - at);
            case 2 when at < lastBlock:
                return (((long)inode.Union * BlockSize) + at, lastBlock - at);
            case 2:
                long tail = inode.BodyStart;
                Assert.True((tail % BlockSize) + inode.Size - lastBlock <= BlockSize, "inline data crosses a block");
                return (tail + at - lastBlock, inode.Size - at);
            case 4:
                Assert.Equal(0u, inode.Union & ~0x1fu);
                int bits = 12 + (int)inode.Union;
                long chunk = at >> bits;
                uint block = U32(disk.Read(inode.BodyStart + (chunk * 4), 4), 0);
                long within = at - (chunk << bits);
                return (block == Null ? -1 : ((long)block * BlockSize) + within, (1L << bits) - within);
            default:
                throw new InvalidDataException($"layout {inode.Layout}");
        }
    }

    private List<(byte[] Name, ulong Nid, byte Type)> Entries(Inode directory)
    {
        byte[] content = Content(directory, 0, checked((int)directory.Size));
        var entries = new List<(byte[] Name, ulong Nid, byte Type)>();
        for (int start = 0; start < content.Length; start += BlockSize)
        {
            ReadBlock(content.AsSpan(start, Math.Min(BlockSize, content.Length - start)), entries);
        }

        for (int i = 1; i < entries.Count; i++)
        {
            Assert.True(entries[i - 1].Name.AsSpan().SequenceCompareTo(entries[i].Name) < 0, "names out of order");
        }

        return entries;
    }

    private static void ReadBlock(ReadOnlySpan<byte> block, List<(byte[], ulong, byte)> entries)
    {
        int first = U16(block, 8);
        Assert.True(first >= 12 && first < block.Length && first % 12 == 0, "bad first name offset");
        for (int at = 0; at < first; at += 12)
        {
            int start = U16(block, at + 8);
            int end = at + 12 < first ? U16(block, at + 20) : block.Length;
            ReadOnlySpan<byte> name = block[start..end];
            name = at + 12 < first || !name.Contains((byte)0) ? name : name[..name.IndexOf((byte)0)];
            Assert.InRange(name.Length, 1, 255);
            entries.Add((name.ToArray(), U64(block, at), block[at + 10]));
        }
    }

    private List<string> Xattrs(Inode inode)
    {
        var found = new List<string>();
        byte[] body = disk.Read(inode.Start + 64, inode.XattrsSize);
        Assert.True(body.Length == 0 || body[4] == 0, "shared attributes");
        for (int at = 12; at < body.Length;)
        {
            int nameLength = body[at], valueLength = U16(body, at + 2);
            string prefix = body[at + 1] switch
            {
                1 => "user.",
                2 => "system.posix_acl_access",
                3 => "system.posix_acl_default",
                4 => "trusted.",
                6 => "security.",
                _ => throw new InvalidDataException("xattr index"),
            };
            found.Add(prefix + FileFacts.Shown(body.AsSpan(at + 4, nameLength)) + "="
                + Convert.ToHexStringLower(body, at + 4 + nameLength, valueLength));
            at = (at + 4 + nameLength + valueLength + 3) & ~3;
        }

        return found;
    }

    private static byte DirentType(int type) => type switch { 8 => 1, 4 => 2, 2 => 3, 6 => 4, 1 => 5, 10 => 7, _ => 0 };

    private static uint Checksum(byte[] super)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < super.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, i is >= 4 and < 8 ? (byte)0 : super[i]);
        }

        return crc;
    }

    private static ushort U16(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint U32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static ulong U64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    /// <summary>struct erofs_inode_extended</summary>
    private sealed record Inode(
        long Start, int Layout, int XattrsSize, int Mode, long Size, uint Union, uint Ino, uint Uid, uint Gid, long Mtime,
        uint MtimeNanoseconds, uint Links)
    {
        public int Type => Mode >> 12;

        public long BodyStart => Start + 64 + XattrsSize;

        public static Inode Parse(long start, byte[] bytes)
        {
            ushort format = U16(bytes, 0), xattrs = U16(bytes, 2);
            Assert.Equal(1, format & 1);
            Assert.NotEqual(1, xattrs);
            return new(
                start, format >> 1, xattrs == 0 ? 0 : 12 + (4 * (xattrs - 1)), U16(bytes, 4), (long)U64(bytes, 8), U32(bytes, 16),
                U32(bytes, 20), U32(bytes, 24), U32(bytes, 28), (long)U64(bytes, 32), U32(bytes, 40), U32(bytes, 44));
        }
    }
}
