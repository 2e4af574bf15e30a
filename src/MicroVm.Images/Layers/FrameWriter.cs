using System.IO.Compression;

namespace MicroVm.Images.Layers;

/// <summary>
/// Writes a layer's frame: its archive without what is in the data file, and where that belongs, so that <see cref="LayerTar"/> can put the
/// archive together again byte for byte. README.md has the format.
/// </summary>
internal sealed class FrameWriter : IDisposable
{
    private const int MaxPending = 64 << 10;

    private readonly string _store;
    private readonly FileStream _file;
    private readonly BinaryWriter _writer;
    private readonly MemoryStream _pending = new();
    private long _contentOffset;
    private long _contentLength;

    /// <param name="path">Of the file to create.</param>
    /// <param name="store">What errors name.</param>
    public FrameWriter(string path, string store)
    {
        _store = store;

        // Without a buffer of its own: what can't be written is told by who writes, not at the end.
        _file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
        _writer = new(new GZipStream(_file, CompressionLevel.Fastest, leaveOpen: true));
    }

    /// <summary>Bytes of the archive that are nowhere else.</summary>
    public void AddBytes(ReadOnlySpan<byte> bytes)
    {
        if (_contentLength > 0 || _pending.Length + bytes.Length > MaxPending)
        {
            WriteStep();
        }

        if (bytes.Length > MaxPending)
        {
            WriteStep(bytes);
            return;
        }

        _pending.Write(bytes);
    }

    /// <summary>Bytes of the archive that are in the data file.</summary>
    public void AddContent(long offset, int length)
    {
        if (_contentLength > 0 && offset != _contentOffset + _contentLength)
        {
            WriteStep();
        }

        _contentOffset = _contentLength > 0 ? _contentOffset : offset;
        _contentLength += length;
    }

    /// <summary>Writes all and waits until the disk has it.</summary>
    public void Complete() => StorageError.Guard(_store, () =>
    {
        WriteStep();
        _writer.Dispose();
        _file.Flush(flushToDisk: true);
    });

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
        }
        catch (IOException)
        {
            // A full disk: whoever wrote was told, and the file goes.
        }

        _file.Dispose();
    }

    private void WriteStep()
    {
        if (_pending.Length > 0 || _contentLength > 0)
        {
            WriteStep(_pending.GetBuffer().AsSpan(0, (int)_pending.Length));
        }
    }

    private void WriteStep(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _writer.Write7BitEncodedInt64(bytes.Length);
            _writer.Write7BitEncodedInt64(_contentOffset);
            _writer.Write7BitEncodedInt64(_contentLength);
            _writer.Write(bytes);
        }
        catch (IOException e)
        {
            throw StorageError.From(e, _store);
        }

        _pending.SetLength(0);
        (_contentOffset, _contentLength) = (0, 0);
    }
}
