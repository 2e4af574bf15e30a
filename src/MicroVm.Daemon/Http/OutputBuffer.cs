using System.Buffers;
using System.Net.Sockets;

namespace MicroVm.Daemon.Http;

/// <summary>
/// Collects small writes into one send. Once a send has failed nothing is sent any more: what would follow has a hole
/// before it.
/// </summary>
internal sealed class OutputBuffer(Socket socket, CancellationToken aborted) : IDisposable
{
    private const int Capacity = 16 * 1024;

    private byte[]? _buffer;
    private int _count;
    private bool _broken;

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (data.Length > Capacity - _count)
        {
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (data.Length > Capacity)
        {
            await SendAsync(data, cancellationToken).ConfigureAwait(false);
            return;
        }

        _buffer ??= ArrayPool<byte>.Shared.Rent(Capacity);
        data.CopyTo(_buffer.AsMemory(_count));
        _count += data.Length;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_count > 0)
        {
            int count = _count;
            _count = 0;
            await SendAsync(_buffer.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Gives the memory back: between requests a connection holds none.</summary>
    public void Release()
    {
        if (_buffer is not null && _count == 0)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    public void Dispose()
    {
        _count = 0;
        Release();
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (_broken)
        {
            throw new IOException("the connection is lost");
        }

        using CancellationTokenSource? both = cancellationToken.CanBeCanceled && cancellationToken != aborted
            ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, aborted)
            : null;
        CancellationToken token = both?.Token ?? aborted;
        try
        {
            while (!data.IsEmpty)
            {
                int sent = await socket.SendAsync(data, token).ConfigureAwait(false);
                data = data[sent..];
            }
        }
        catch
        {
            _broken = true;
            throw;
        }
    }
}
