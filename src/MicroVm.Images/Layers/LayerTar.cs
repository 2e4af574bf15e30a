using System.IO.Compression;
using Microsoft.Win32.SafeHandles;
using MicroVm.Images.Files;

namespace MicroVm.Images.Layers;

/// <summary>A layer's archive, byte for byte as it came, put together from its frame and its data.</summary>
/// <exception cref="ImageException">Corrupt: the files are not what was written.</exception>
internal sealed class LayerTar : ReadOnlyStream
{
    private readonly Digest _diffId;
    private readonly SafeFileHandle _data;
    private readonly BinaryReader _frame;
    private long _bytes;
    private long _content;
    private long _offset;

    public LayerTar(LayerFiles layer)
    {
        _diffId = layer.DiffId;
        _data = File.OpenHandle(layer.Data);
        _frame = new(new GZipStream(File.OpenRead(layer.Frame), CompressionMode.Decompress));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return new(Read(buffer.Span));
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException)
        {
            throw Damaged(e);
        }
    }

    public override int Read(Span<byte> buffer)
    {
        while (_bytes == 0 && _content == 0)
        {
            if (!NextStep())
            {
                return 0;
            }
        }

        return buffer.IsEmpty ? 0 : _bytes > 0 ? ReadBytes(buffer) : ReadContent(buffer);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _frame.Dispose();
            _data.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>False: that was all.</summary>
    private bool NextStep()
    {
        try
        {
            _bytes = _frame.Read7BitEncodedInt64();
        }
        catch (EndOfStreamException)
        {
            return false;
        }

        (_offset, _content) = (_frame.Read7BitEncodedInt64(), _frame.Read7BitEncodedInt64());
        return _bytes >= 0 && _offset >= 0 && _content >= 0 ? true : throw Damaged();
    }

    private int ReadBytes(Span<byte> buffer)
    {
        int count = _frame.Read(buffer[..(int)Math.Min(buffer.Length, _bytes)]);
        _bytes -= count;
        return count > 0 ? count : throw Damaged();
    }

    private int ReadContent(Span<byte> buffer)
    {
        int count = RandomAccess.Read(_data, buffer[..(int)Math.Min(buffer.Length, _content)], _offset);
        (_offset, _content) = (_offset + count, _content - count);
        return count > 0 ? count : throw Damaged();
    }

    private ImageException Damaged(Exception? cause = null) =>
        new(ImageErrorKind.Corrupt, $"layer {_diffId} is damaged: remove its images and pull or load them again", cause);
}
