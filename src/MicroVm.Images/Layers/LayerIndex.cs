using System.Runtime.InteropServices;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>An index file, read whole and checked.</summary>
internal sealed class LayerIndex
{
    private readonly byte[] _bytes;

    private LayerIndex(byte[] bytes) => _bytes = bytes;

    public LayerIndexHeader Header => MemoryMarshal.Read<LayerIndexHeader>(_bytes);

    /// <exception cref="ImageException">Corrupt: not an index of this version, or changed on disk.</exception>
    public static LayerIndex Load(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        if (!IsIntact(bytes))
        {
            throw Corrupt(path);
        }

        return new(bytes);
    }

    /// <summary>The header alone; null: another version's, or no index.</summary>
    public static LayerIndexHeader? LoadHeader(string path)
    {
        Span<byte> bytes = stackalloc byte[LayerIndexHeader.Size];
        try
        {
            using var file = File.OpenHandle(path);
            return RandomAccess.Read(file, bytes, 0) == bytes.Length && IsCurrent(bytes)
                ? MemoryMarshal.Read<LayerIndexHeader>(bytes)
                : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public LayerIndexReader Read() => new(_bytes, LayerIndexHeader.Size);

    internal static ImageException Corrupt(string what) =>
        new(ImageErrorKind.Corrupt, $"damaged layer index {what}: remove the image and get it again");

    private static bool IsCurrent(ReadOnlySpan<byte> bytes)
    {
        LayerIndexHeader header = MemoryMarshal.Read<LayerIndexHeader>(bytes);
        return header.Magic == LayerIndexHeader.ExpectedMagic && header.Version == LayerIndexHeader.CurrentVersion;
    }

    private static bool IsIntact(byte[] bytes)
    {
        if (bytes.Length < LayerIndexHeader.Size || !IsCurrent(bytes))
        {
            return false;
        }

        ref LayerIndexHeader header = ref MemoryMarshal.AsRef<LayerIndexHeader>(bytes.AsSpan());
        uint written = header.Checksum;
        header.Checksum = 0;
        return header.RecordsLength == bytes.Length - LayerIndexHeader.Size && Crc32C.Append(0, bytes) == written;
    }
}

/// <summary>Steps through an index's records.</summary>
internal ref struct LayerIndexReader(byte[] bytes, int position)
{
    private int _position = position;

    public LayerRecord Record { get; private set; }

    public ByteString Path { get; private set; }

    public ByteString Link { get; private set; }

    public ByteString Xattrs { get; private set; }

    /// <summary>Block numbers, little-endian u32 each, <see cref="uint.MaxValue"/> for a hole.</summary>
    public ByteString Chunks { get; private set; }

    public bool MoveNext()
    {
        if (_position == bytes.Length)
        {
            return false;
        }

        Record = MemoryMarshal.Read<LayerRecord>(Take(LayerRecord.Size, 1).Span);
        Path = Take(Record.PathLength, 1);
        Link = Take(Record.LinkLength, sizeof(uint));
        Xattrs = Take(Record.XattrsLength, sizeof(uint));
        Chunks = Take(Record.ChunkCount * (long)sizeof(uint), sizeof(ulong));
        return true;
    }

    private ByteString Take(long length, int alignment)
    {
        long end = _position + length;
        if (end > bytes.Length)
        {
            throw LayerIndex.Corrupt("record");
        }

        var taken = new ByteString(bytes, _position, (int)length);
        _position = (int)Math.Min((end + alignment - 1) & -alignment, bytes.Length);
        return taken;
    }
}
