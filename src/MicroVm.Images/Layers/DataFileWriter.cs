using Microsoft.Win32.SafeHandles;
using MicroVm.Images.Tar;
using MicroVm.Interop.Posix;

namespace MicroVm.Images.Layers;

/// <summary>
/// Writes a layer's data file front to back in large pieces, on another core than its caller's. Not for concurrent use.
/// Disk errors: <see cref="ImageException"/> (Storage) from whichever call comes next.
/// </summary>
internal sealed class DataFileWriter : IAsyncDisposable
{
    public const int BlockSize = 4096;

    private const int BufferSize = 1 << 20;
    private const int BufferCount = 3;

    private readonly SafeFileHandle _file;
    private readonly string _store;
    private readonly byte[][] _buffers = new byte[BufferCount][];
    private readonly Task[] _written = [.. Enumerable.Repeat(Task.CompletedTask, BufferCount)];
    private int _current;
    private int _used;
    private long _bufferOffset;

    /// <param name="path">Of the file to create.</param>
    /// <param name="store">What errors name.</param>
    public DataFileWriter(string path, string store)
    {
        _store = store;
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        _buffers[0] = GC.AllocateUninitializedArray<byte>(BufferSize);
    }

    public long Position => _bufferOffset + _used;

    /// <summary>Steps to the next block boundary, zeros behind it; returns the number of the block there.</summary>
    public async ValueTask<uint> AlignAsync()
    {
        int padding = (int)(-Position & (BlockSize - 1));
        while (padding > 0)
        {
            int count = Math.Min(padding, BufferSize - _used);
            _buffers[_current].AsSpan(_used, count).Clear();
            await AdvanceAsync(count).ConfigureAwait(false);
            padding -= count;
        }

        return BlockNumber(Position);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(bytes.Length, BufferSize - _used);
            bytes.Span[..count].CopyTo(_buffers[_current].AsSpan(_used));
            await AdvanceAsync(count).ConfigureAwait(false);
            bytes = bytes[count..];
        }
    }

    /// <summary>Leaves a hole up to an offset ahead: it reads as zeros and takes no space.</summary>
    public async ValueTask SkipToAsync(long offset)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(offset, Position);
        if (offset != Position)
        {
            await FlushBufferAsync().ConfigureAwait(false);
            _ = BlockNumber(offset);
            _bufferOffset = offset;
        }
    }

    /// <summary>Writes all, extends the file to a whole block, and waits until the disk has it. Returns the length.</summary>
    public async ValueTask<long> CompleteAsync()
    {
        _ = await AlignAsync().ConfigureAwait(false);
        await FlushBufferAsync().ConfigureAwait(false);
        await Task.WhenAll(_written).ConfigureAwait(false);
        await Task.Run(() => StorageError.Guard(_store, () =>
        {
            RandomAccess.SetLength(_file, _bufferOffset);
            RandomAccess.FlushToDisk(_file);
        })).ConfigureAwait(false);
        return _bufferOffset;
    }

    public async ValueTask DisposeAsync()
    {
        // A failed write was reported to whoever waited for it, or nobody needs it any more.
        await Task.WhenAll(_written).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _file.Dispose();
    }

    private static uint BlockNumber(long offset) => offset / BlockSize < uint.MaxValue
        ? (uint)(offset / BlockSize)
        : throw TarError.Invalid("more than 16 TiB of content");

    private ValueTask AdvanceAsync(int count)
    {
        _used += count;
        return _used < BufferSize ? default : FlushBufferAsync();
    }

    private async ValueTask FlushBufferAsync()
    {
        if (_used == 0)
        {
            return;
        }

        Task previous = _written[(_current + BufferCount - 1) % BufferCount];
        _written[_current] = WriteAfterAsync(previous, _buffers[_current].AsMemory(0, _used), _bufferOffset);
        _bufferOffset += _used;
        _used = 0;
        _current = (_current + 1) % BufferCount;
        await _written[_current].ConfigureAwait(false);
        _buffers[_current] ??= GC.AllocateUninitializedArray<byte>(BufferSize);
    }

    /// <summary>One write at a time keeps the file's extents in order on the disk.</summary>
    private Task WriteAfterAsync(Task previous, ReadOnlyMemory<byte> bytes, long offset) => Task.Run(async () =>
    {
        await previous.ConfigureAwait(false);
        StorageError.Guard(_store, () => RandomAccess.Write(_file, bytes.Span, offset));
        PosixFile.StartWriteback(_file, offset, bytes.Length);
    });
}
