using System.Buffers;
using System.IO.Pipelines;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// An output of a process. One reader: <see cref="ReadAsync"/>, then <see cref="Advance(long)"/> once the bytes are safe; only
/// then does the guest forget them.
/// </summary>
public sealed class OutputStream
{
    // The window bounds what it holds, not the pipe.
    private static readonly PipeOptions s_options = new(
        readerScheduler: PipeScheduler.ThreadPool, pauseWriterThreshold: 0, minimumSegmentSize: 16 * 1024, useSynchronizationContext: false);

    private readonly AgentConnection _connection;
    private readonly Pipe _pipe = new(s_options);
    private readonly int _window;
    private ReadOnlySequence<byte> _read;
    private long _received;
    private long _acknowledged;
    private long _offset;
    private volatile bool _stopped;
    private volatile Exception? _failure;
    private bool _ended;

    internal OutputStream(AgentConnection connection, uint number, long offset, int window)
    {
        (_connection, Number, _window) = (connection, number, window);
        _received = _acknowledged = _offset = offset;
    }

    public uint Number { get; }

    /// <summary>Bytes of the stream that were advanced over: where a new connection resumes.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>
    /// What has arrived; empty at the end of the stream, and once it was stopped. When the connection has ended first, and
    /// all that had arrived was read, throws what <see cref="AgentConnection.Closed"/> tells.
    /// </summary>
    public async ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_stopped)
        {
            return default;
        }

        ReadResult result = await _pipe.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        _read = result.Buffer;
        if (_read.IsEmpty && _failure is { } failure && !_stopped)
        {
            throw failure;
        }

        return _read;
    }

    /// <summary>The first <paramref name="count"/> bytes that ReadAsync returned are taken over.</summary>
    public void Advance(long count) => Advance(count, _offset + count);

    /// <summary>
    /// As <see cref="Advance(long)"/>, where a part of what was taken is not safe yet: the guest may forget only what lies
    /// below the stream offset <paramref name="safe"/>. What is held back must stay well below the window.
    /// </summary>
    public void Advance(long count, long safe)
    {
        _pipe.Reader.AdvanceTo(_read.GetPosition(count));
        Volatile.Write(ref _offset, _offset + count);

        // Soon enough that the sender never waits for a reader that keeps up; seldom enough to cost little.
        if (safe - _acknowledged >= _window / 4 || (safe > _acknowledged && safe == Volatile.Read(ref _received)))
        {
            Volatile.Write(ref _acknowledged, safe);
            _connection.Acknowledge(Number, safe);
        }
    }

    /// <summary>Nobody wants the rest: the process meets a closed pipe. What has arrived and was not read is dropped.</summary>
    public void Stop()
    {
        _stopped = true;
        _connection.Send(new Stop(Number));
        _pipe.Reader.CancelPendingRead();
    }

    internal void Receive(ulong offset, ReadOnlySpan<byte> bytes)
    {
        if (_ended || bytes.IsEmpty || offset != (ulong)_received)
        {
            throw new ProtocolException($"stream {Number}: data at {offset}, expected at {_received}");
        }

        if (_received + bytes.Length - Volatile.Read(ref _acknowledged) > _window)
        {
            throw new ProtocolException($"stream {Number}: more than its window");
        }

        Volatile.Write(ref _received, _received + bytes.Length);
        if (!_stopped)
        {
            _pipe.Writer.Write(bytes);
            Flush();
        }
    }

    internal void End(ulong offset)
    {
        if (_ended || offset != (ulong)_received)
        {
            throw new ProtocolException($"stream {Number}: ends at {offset}, expected at {_received}");
        }

        Finish();
    }

    /// <summary>No more will come: the process was not started.</summary>
    internal void Finish()
    {
        _ended = true;
        _pipe.Writer.Complete();
    }

    internal void Fail(Exception reason)
    {
        if (!_ended)
        {
            _failure = reason;
            Finish();
        }
    }

    private void Flush()
    {
        ValueTask<FlushResult> flushed = _pipe.Writer.FlushAsync();
        if (!flushed.IsCompletedSuccessfully)
        {
            throw new InvalidOperationException("a pipe without a threshold made its writer wait");
        }

        _ = flushed.Result;
    }
}
