using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using MicroVm.Images.Files;
using MicroVm.Images.Layers;

namespace MicroVm.Images.Trees;

/// <summary>An image's files, and what is in them. Readable for as long as it is open, whatever is removed meanwhile.</summary>
public sealed class ImageContents : IDisposable
{
    private readonly SafeFileHandle[] _data;

    internal ImageContents(ImageTree tree, IEnumerable<string> dataFiles)
    {
        Tree = tree;
        List<SafeFileHandle> opened = [];
        try
        {
            opened.AddRange(dataFiles.Select(file => File.OpenHandle(file)));
        }
        catch
        {
            opened.ForEach(file => file.Dispose());
            throw;
        }

        _data = [.. opened];
    }

    public ImageTree Tree { get; }

    /// <summary>A regular file's bytes, zeros where it has holes.</summary>
    public Stream Open(ImageNode file) => new ContentStream(_data[file.DataFile], file);

    /// <summary>Takes a name out, as if it had never been there; symbolic links on the way are not followed.</summary>
    /// <param name="path">Components joined by single slashes.</param>
    public void Remove(string path)
    {
        ByteString name = new(System.Text.Encoding.UTF8.GetBytes(path));
        int start = LayerPath.BaseStart(name.Span);
        ImageNode? parent = ScopedPath.Resolve(Tree, name.Span[..start], followLast: false).Node;
        if (parent is { IsDirectory: true })
        {
            ByteString last = name.Slice(start);
            parent.SortedEntries = [.. parent.SortedEntries.Where(entry => entry.Name != last)];
        }
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _data)
        {
            file.Dispose();
        }
    }

    private sealed class ContentStream(SafeFileHandle data, ImageNode file) : ReadOnlyStream
    {
        private long _position;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new(Read(buffer.Span));
        }

        public override int Read(Span<byte> buffer)
        {
            (long offset, long length) = file.ChunkBits == 0 ? (((long)file.DataBlock * DataFileWriter.BlockSize) + _position, file.Size - _position) : Chunk();
            int wanted = (int)Math.Min(buffer.Length, Math.Min(length, file.Size - _position));
            if (wanted <= 0)
            {
                return 0;
            }

            int count = wanted;
            if (offset < 0)
            {
                buffer[..wanted].Clear();
            }
            else
            {
                count = RandomAccess.Read(data, buffer[..wanted], offset);
            }

            _position += count;
            return count;
        }

        /// <summary>Where the rest of the chunk at the position is (negative: nowhere, a hole), and how long that is.</summary>
        private (long Offset, long Length) Chunk()
        {
            long chunk = _position >> file.ChunkBits;
            long inside = _position - (chunk << file.ChunkBits);
            long left = (1L << file.ChunkBits) - inside;
            if (_position >= file.Size)
            {
                return (-1, 0);
            }

            uint block = BinaryPrimitives.ReadUInt32LittleEndian(file.Chunks.Span[(int)(chunk * sizeof(uint))..]);
            return block == uint.MaxValue ? (-1, left) : (((long)block * DataFileWriter.BlockSize) + inside, left);
        }
    }
}
