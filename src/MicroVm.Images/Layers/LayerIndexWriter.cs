using System.Buffers;
using System.Runtime.InteropServices;
using MicroVm.Images.Tar;

namespace MicroVm.Images.Layers;

/// <summary>Collects a layer's records, in the archive's order, and writes the index file.</summary>
internal sealed class LayerIndexWriter
{
    private static readonly byte[] s_zeros = new byte[8];

    private readonly ArrayBufferWriter<byte> _buffer = new(64 << 10);
    private int _count;

    public LayerIndexWriter() => _buffer.Advance(ClearedHeader());

    public void Add(
        LayerRecord record, ReadOnlySpan<byte> path, ReadOnlySpan<byte> link = default, ReadOnlySpan<byte> xattrs = default,
        ReadOnlySpan<uint> chunks = default)
    {
        record.PathLength = checked((ushort)path.Length);
        record.LinkLength = checked((ushort)link.Length);
        record.XattrsLength = (uint)xattrs.Length;
        record.ChunkCount = (uint)chunks.Length;
        CheckSize(path.Length + link.Length + xattrs.Length + ((long)chunks.Length * sizeof(uint)), path);

        _buffer.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<LayerRecord>(in record)));
        _buffer.Write(path);
        _buffer.Write(link);
        Pad(sizeof(uint));
        _buffer.Write(xattrs);
        Pad(sizeof(uint));
        _buffer.Write(MemoryMarshal.AsBytes(chunks));
        Pad(sizeof(ulong));
        _count++;
    }

    /// <summary>Writes the file and waits until the disk has it.</summary>
    public void Save(string path, long tarSize, long contentSize, long dataLength)
    {
        Span<byte> bytes = MemoryMarshal.AsMemory(_buffer.WrittenMemory).Span;
        ref LayerIndexHeader header = ref MemoryMarshal.AsRef<LayerIndexHeader>(bytes);
        header = new()
        {
            Magic = LayerIndexHeader.ExpectedMagic,
            Version = LayerIndexHeader.CurrentVersion,
            TarSize = tarSize,
            ContentSize = contentSize,
            DataLength = dataLength,
            RecordsLength = bytes.Length - LayerIndexHeader.Size,
            RecordCount = _count,
        };
        header.Checksum = Crc32C.Append(0, bytes);
        using var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.Write);
        RandomAccess.Write(file, bytes, 0);
        RandomAccess.FlushToDisk(file);
    }

    private int ClearedHeader()
    {
        _buffer.GetSpan(LayerIndexHeader.Size)[..LayerIndexHeader.Size].Clear();
        return LayerIndexHeader.Size;
    }

    private void CheckSize(long variable, ReadOnlySpan<byte> path)
    {
        if (_count == LayerLimits.MaxEntries || _buffer.WrittenCount + LayerRecord.Size + variable > LayerLimits.MaxIndexSize)
        {
            throw TarError.Invalid("too many files", path);
        }
    }

    private void Pad(int alignment) => _buffer.Write(s_zeros.AsSpan(0, -_buffer.WrittenCount & (alignment - 1)));
}
