using System.Numerics;
using MicroVm.Images.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Layers;

/// <summary>File contents: whole files block-aligned one after the other, sparse files in chunks.</summary>
internal sealed partial class LayerImporter
{
    /// <summary>Chunk addresses that any sparse file may have; more only in proportion to its segments.</summary>
    private const int FreeChunks = 1024;
    private const int ChunksPerSegment = 4;
    private const int BlockBits = 12;

    /// <summary>EROFS counts blocks of a chunk in 5 bits of a power of two.</summary>
    private const int MaxChunkBits = BlockBits + 31;

    private async ValueTask AddFileAsync(TarEntry entry, byte[] path, CancellationToken cancellationToken)
    {
        ContentSize = checked(ContentSize + entry.Size);
        LayerRecord record = Record(entry, NodeKind.File);
        record.FileSize = entry.Size;
        byte[] xattrs = Xattrs(entry, NodeKind.File);
        if (entry.Segments is { } segments && HasHoles(segments, entry.Size))
        {
            record.ChunkBits = (byte)ChunkBits(entry.Size, segments.Count);
            uint[] chunks = await StoreChunksAsync(segments, entry.Size, record.ChunkBits, cancellationToken).ConfigureAwait(false);
            index.Add(record, path, default, xattrs, chunks);
            return;
        }

        record.DataBlock = await data.AlignAsync().ConfigureAwait(false);
        await CopyAsync(entry.Size, cancellationToken).ConfigureAwait(false);
        index.Add(record, path, default, xattrs);
    }

    private static bool HasHoles(IReadOnlyList<SparseSegment> segments, long size) => segments.Sum(s => s.Length) != size;

    /// <summary>
    /// The smallest chunks, a block at least, that keep the table of addresses small. Larger chunks swallow small holes;
    /// those are holes of the data file then, and still cost nothing on the host.
    /// </summary>
    private static int ChunkBits(long size, int segments)
    {
        long most = Math.Max(FreeChunks, (long)segments * ChunksPerSegment);
        int bits = BlockBits;
        while ((size - 1) >> bits >= most)
        {
            bits++;
        }

        return segments == 0 ? Math.Clamp(64 - BitOperations.LeadingZeroCount((ulong)(size - 1)), bits, MaxChunkBits) : bits;
    }

    /// <summary>Stores each chunk that a segment touches, in order; the others have no address.</summary>
    private async ValueTask<uint[]> StoreChunksAsync(
        IReadOnlyList<SparseSegment> segments, long size, int chunkBits, CancellationToken cancellationToken)
    {
        long chunkSize = 1L << chunkBits;
        uint[] chunks = new uint[(int)(((size - 1) >> chunkBits) + 1)];
        Array.Fill(chunks, uint.MaxValue);
        long next = (long)await data.AlignAsync().ConfigureAwait(false) << BlockBits;
        foreach (SparseSegment segment in segments)
        {
            for (long offset = segment.Offset; offset < segment.End;)
            {
                int chunk = (int)(offset >> chunkBits);
                if (chunks[chunk] == uint.MaxValue)
                {
                    chunks[chunk] = checked((uint)(next >> BlockBits));
                    next += Math.Min(chunkSize, BlockAligned(size - (chunk * chunkSize)));
                }

                long length = Math.Min(segment.End, (chunk + 1L) << chunkBits) - offset;
                await data.SkipToAsync(((long)chunks[chunk] << BlockBits) + offset - (chunk * chunkSize)).ConfigureAwait(false);
                await CopyAsync(length, cancellationToken).ConfigureAwait(false);
                offset += length;
            }
        }

        await data.SkipToAsync(next).ConfigureAwait(false);
        return chunks;
    }

    private static long BlockAligned(long length) => (length + DataFileWriter.BlockSize - 1) & -DataFileWriter.BlockSize;

    private async ValueTask CopyAsync(long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            ReadOnlyMemory<byte> part = await tar.ReadContentAsync(length, cancellationToken).ConfigureAwait(false);
            frame.AddContent(data.Position, part.Length);
            await data.WriteAsync(part).ConfigureAwait(false);
            length -= part.Length;
        }
    }
}
