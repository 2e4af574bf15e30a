using System.Buffers;
using System.Threading.Channels;

namespace MicroVm.Images.Files;

/// <summary>
/// Reads its source on another thread, some buffers ahead: decompressing and storing a layer then take two processors.
/// </summary>
internal sealed class ReadAheadStream : ReadOnlyStream
{
    private const int BufferSize = 256 << 10;
    private const int BuffersAhead = 4;

    private readonly Stream _source;
    private readonly CancellationTokenSource _stop;
    private readonly Channel<(byte[] Buffer, int Count)> _full;
    private readonly Task _reading;
    private byte[]? _current;
    private int _start;
    private int _end;

    /// <param name="source">Not disposed.</param>
    /// <param name="cancellationToken">Of all reading of the source.</param>
    public ReadAheadStream(Stream source, CancellationToken cancellationToken)
    {
        _source = source;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _full = Channel.CreateBounded<(byte[], int)>(new BoundedChannelOptions(BuffersAhead) { SingleReader = true, SingleWriter = true });
        _reading = Task.Run(ReadSourceAsync, CancellationToken.None);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_start == _end && !await NextAsync(cancellationToken))
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _end - _start);
        _current.AsMemory(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    // Returns once the source is no longer being read, so that the caller may dispose it.
    public override async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Release();
        while (_full.Reader.TryRead(out (byte[] Buffer, int Count) left))
        {
            ArrayPool<byte>.Shared.Return(left.Buffer);
        }

        _stop.Dispose();
        await base.DisposeAsync();
    }

    private async ValueTask<bool> NextAsync(CancellationToken cancellationToken)
    {
        Release();
        if (!await _full.Reader.WaitToReadAsync(cancellationToken) || !_full.Reader.TryRead(out (byte[] Buffer, int Count) next))
        {
            return false;
        }

        (_current, _start, _end) = (next.Buffer, 0, next.Count);
        return true;
    }

    private void Release()
    {
        if (_current is not null)
        {
            ArrayPool<byte>.Shared.Return(_current);
            (_current, _start, _end) = (null, 0, 0);
        }
    }

    private async Task ReadSourceAsync()
    {
        try
        {
            while (await ReadOneAsync())
            {
            }

            _full.Writer.Complete();
        }
        catch (Exception e)
        {
            // Thrown again where the stream is read.
            _full.Writer.Complete(e);
        }
    }

    private async Task<bool> ReadOneAsync()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int count = await _source.ReadAtLeastAsync(buffer, BufferSize, throwOnEndOfStream: false, _stop.Token);
            if (count > 0)
            {
                await _full.Writer.WriteAsync((buffer, count), _stop.Token);
                buffer = null!;
            }

            return count > 0;
        }
        finally
        {
            if (buffer is not null)
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
