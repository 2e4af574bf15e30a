using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// Stdin of a process. Keeps what the guest has not got yet, so that it goes on over a new connection. One writer.
/// </summary>
public sealed class InputStream
{
    private readonly Lock _lock = new();
    private readonly int _window;
    private byte[] _kept = [];
    private AgentConnection? _connection;
    private TaskCompletionSource _room = NewPulse();
    private long _sent;
    private long _acknowledged;
    private long _received; // What the guest was known to have when the connection began.
    private bool _ended;
    private bool _stopped;

    internal InputStream(AgentConnection connection, uint number, int window)
    {
        (_connection, Number, _window) = (connection, number, window);
    }

    /// <summary>One that an earlier connection began: goes on behind what the guest has.</summary>
    internal InputStream(AgentConnection connection, ProcessState state, int window)
        : this(connection, state.Stdin, window)
    {
        _sent = _received = (long)state.StdinReceived;
        (_acknowledged, _ended) = ((long)state.StdinAcked, state.StdinEnded);
    }

    public uint Number { get; }

    /// <summary>
    /// Waits while the guest takes no more (over a lost connection too, until it is resumed). Once the process has closed
    /// its stdin, bytes are dropped.
    /// </summary>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default)
    {
        while (!bytes.IsEmpty)
        {
            int count = TryWrite(bytes.Span, out Task room);
            if (count == 0)
            {
                await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            }

            bytes = bytes[count..];
        }
    }

    /// <summary>The process reads end of file behind what was written. Idempotent.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (!_ended && !_stopped)
            {
                _ended = true;
                _connection?.Send(new End(Number, (ulong)_sent));
            }
        }
    }

    /// <summary>
    /// Goes on over a new connection, behind what the guest says it has. <paramref name="found"/> has stood in for it there,
    /// and was told what the guest has taken meanwhile.
    /// </summary>
    internal void Resume(AgentConnection connection, ProcessState state, InputStream found)
    {
        lock (_lock)
        {
            long received = (long)state.StdinReceived;
            long known = Math.Max(_received, _acknowledged);
            if (received < known || received > _sent || (state.StdinEnded && !(_ended && received == _sent)))
            {
                throw new ProtocolException($"stream {Number}: resumed at {received}, not within {known} to {_sent}");
            }

            _received = received;
            (_acknowledged, _stopped) = (Math.Max(_acknowledged, found._acknowledged), _stopped || found._stopped);
            _connection = connection;
            SendAgain(received, state.StdinEnded);
            Pulse();
        }
    }

    internal void Detach(AgentConnection from)
    {
        lock (_lock)
        {
            _connection = _connection == from ? null : _connection;
        }
    }

    internal void Acknowledge(ulong offset)
    {
        lock (_lock)
        {
            if (offset < (ulong)_acknowledged || offset > (ulong)_sent)
            {
                throw new ProtocolException($"stream {Number}: {offset} acknowledged, of {_acknowledged} to {_sent}");
            }

            _acknowledged = (long)offset;
            _kept = _ended && _acknowledged == _sent ? [] : _kept;

            Pulse();
        }
    }

    internal void Stop()
    {
        lock (_lock)
        {
            (_stopped, _kept) = (true, []);
            Pulse();
        }
    }

    private static TaskCompletionSource NewPulse() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Bytes taken: sent, or dropped where nobody reads. 0: wait for <paramref name="room"/>.</summary>
    private int TryWrite(ReadOnlySpan<byte> bytes, out Task room)
    {
        lock (_lock)
        {
            room = _room.Task;
            if (_stopped || _ended)
            {
                return bytes.Length;
            }

            if (_connection is not null && !_connection.HasRoom(out Task queueRoom))
            {
                room = queueRoom;
                return 0;
            }

            int free = (int)Math.Max(0, _window - (_sent - _acknowledged));
            int count = Math.Min(Math.Min(bytes.Length, free), ProtocolLimits.MaxData);
            if (count > 0)
            {
                Keep(bytes[..count]);
                _connection?.SendData(Number, _sent, bytes[..count]);
                _sent += count;
            }

            return count;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_kept.Length == 0)
        {
            _kept = new byte[_window];
        }

        int at = (int)(_sent % _kept.Length);
        int first = Math.Min(bytes.Length, _kept.Length - at);
        bytes[..first].CopyTo(_kept.AsSpan(at));
        bytes[first..].CopyTo(_kept);
    }

    private void SendAgain(long offset, bool hasEnd)
    {
        while (offset < _sent && !_stopped)
        {
            int at = (int)(offset % _kept.Length);
            int count = (int)Math.Min(Math.Min(_sent - offset, _kept.Length - at), ProtocolLimits.MaxData);
            _connection!.SendData(Number, offset, _kept.AsSpan(at, count));
            offset += count;
        }

        if (_ended && !hasEnd && !_stopped)
        {
            _connection!.Send(new End(Number, (ulong)_sent));
        }
    }

    private void Pulse()
    {
        _room.TrySetResult();
        _room = NewPulse();
    }
}
