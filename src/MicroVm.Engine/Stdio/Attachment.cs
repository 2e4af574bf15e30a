using System.Buffers;
using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Stdio;

/// <summary>
/// One attached client: a queue of output bounded in bytes, whose writers wait while it is full, and a way to stdin.
/// </summary>
internal sealed class Attachment(AttachOptions options, bool terminal, IEnumerator<OutputChunk>? history, StdinPipe stdin, Action<Attachment> detach)
    : IAttachment
{
    private const int Capacity = 512 * 1024;

    private readonly Lock _sync = new();
    private readonly Queue<Piece> _queue = new();
    private readonly Pulse _available = new();
    private readonly Pulse _room = new();
    private IEnumerator<OutputChunk>? _history = history;
    private int _queuedBytes;
    private byte[]? _lent;
    private bool _ended;
    private bool _detached;
    private bool _stdinEnded = !options.Stdin;

    public bool Terminal => terminal;

    /// <summary>What it was sent is not all read.</summary>
    public bool IsBackedUp => Volatile.Read(ref _queuedBytes) > 0;

    /// <summary>Waits while the queue is full; a client that has gone takes everything.</summary>
    public async ValueTask DeliverAsync(OutputStream stream, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (TryDeliver(stream, bytes.Span) is { } room)
        {
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A client whose queue is full loses the piece.</summary>
    public void Offer(OutputStream stream, ReadOnlySpan<byte> bytes) => _ = TryDeliver(stream, bytes);

    /// <summary>No more output comes; what is queued can still be read.</summary>
    public void Complete()
    {
        lock (_sync)
        {
            _ended = true;
            _available.Fire();
            _room.Fire();
        }
    }

    /// <summary>Output no longer waits for this client if it is not reading: it loses what comes.</summary>
    public void DropIfFull()
    {
        lock (_sync)
        {
            if (_queuedBytes > 0)
            {
                Complete();
            }
        }
    }

    public async ValueTask<OutputChunk?> ReadAsync(CancellationToken cancellationToken)
    {
        if (NextOfHistory() is { } past)
        {
            return past;
        }

        while (true)
        {
            Task available;
            lock (_sync)
            {
                ReturnLent();
                if (_queue.TryDequeue(out Piece piece))
                {
                    return Lend(piece);
                }

                if (_ended || _detached)
                {
                    return null;
                }

                available = _available.Next;
            }

            await available.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask WriteStdinAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (options.Stdin && !_stdinEnded)
        {
            await stdin.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    public async ValueTask EndStdinAsync(CancellationToken cancellationToken)
    {
        if (!_stdinEnded)
        {
            _stdinEnded = true;
            await stdin.ClientEndedAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_sync)
        {
            _detached = true;
            Complete();
            ReturnLent();
            while (_queue.TryDequeue(out Piece piece))
            {
                ArrayPool<byte>.Shared.Return(piece.Buffer);
            }

            _queuedBytes = 0;
            _history?.Dispose();
            _history = null;
        }

        detach(this);

        // A client that vanishes has ended its stdin, as one that half-closes.
        return _stdinEnded ? ValueTask.CompletedTask : EndStdinAsync(CancellationToken.None);
    }

    /// <summary>Null when the bytes are taken (or not wanted), else a task to wait for before trying again.</summary>
    private Task? TryDeliver(OutputStream stream, ReadOnlySpan<byte> bytes)
    {
        lock (_sync)
        {
            bool isWanted = stream == OutputStream.Stderr ? options.Stderr : options.Stdout;
            if (_ended || !isWanted || bytes.IsEmpty)
            {
                return null;
            }

            if (_queuedBytes > 0 && _queuedBytes + bytes.Length > Capacity)
            {
                return _room.Next;
            }

            byte[] copy = ArrayPool<byte>.Shared.Rent(bytes.Length);
            bytes.CopyTo(copy);
            _queue.Enqueue(new(stream, copy, bytes.Length));
            _queuedBytes += bytes.Length;
            _available.Fire();
            return null;
        }
    }

    private OutputChunk? NextOfHistory()
    {
        lock (_sync)
        {
            while (_history is not null)
            {
                if (!_history.MoveNext())
                {
                    _history.Dispose();
                    _history = null;
                }
                else if (_history.Current.Stream == OutputStream.Stderr ? options.Stderr : options.Stdout)
                {
                    return _history.Current;
                }
            }

            return null;
        }
    }

    private OutputChunk Lend(Piece piece)
    {
        _queuedBytes -= piece.Length;
        _room.Fire();
        _lent = piece.Buffer;
        return new(piece.Stream, piece.Buffer.AsMemory(0, piece.Length));
    }

    private void ReturnLent()
    {
        if (_lent is not null)
        {
            ArrayPool<byte>.Shared.Return(_lent);
            _lent = null;
        }
    }

    private readonly record struct Piece(OutputStream Stream, byte[] Buffer, int Length);
}
