using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// Stdin of a process. Keeps what the guest has not got yet, so that it goes on over a new connection. One writer.
/// </summary>
public sealed class InputStream
{
    private readonly Lock _lock = new();
    private readonly byte[] _kept;
    private AgentConnection? _connection;
    private TaskCompletionSource _room = NewPulse();
    private long _sent;
    private long _acknowledged;
    private bool _ended;
    private bool _stopped;

    internal InputStream(AgentConnection connection, uint number, int window, long offset = 0)
    {
        (_connection, Number, _kept) = (connection, number, new byte[window]);
        _sent = _acknowledged = offset;
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

    /// <summary>Goes on over a new connection, behind what the guest says it has.</summary>
    internal void Resume(AgentConnection connection, ProcessState state)
    {
        lock (_lock)
        {
            long received = (long)state.StdinReceived;
            if (received < _acknowledged || received > _sent)
            {
                throw new ProtocolException($"stream {Number}: resumed at {received}, not within {_acknowledged} to {_sent}");
            }

            _acknowledged = (long)state.StdinAcked < _acknowledged ? _acknowledged : Math.Min((long)state.StdinAcked, received);
            _connection = connection;
            SendAgain(received);
            if (_ended && !state.StdinEnded)
            {
                connection.Send(new End(Number, (ulong)_sent));
            }

            Pulse();
        }
    }

    internal void Detach()
    {
        lock (_lock)
        {
            _connection = null;
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
            Pulse();
        }
    }

    internal void Stop()
    {
        lock (_lock)
        {
            _stopped = true;
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

            long free = _kept.Length - (_sent - _acknowledged);
            int count = (int)Math.Min(Math.Min(bytes.Length, free), ProtocolLimits.MaxData);
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
        int at = (int)(_sent % _kept.Length);
        int first = Math.Min(bytes.Length, _kept.Length - at);
        bytes[..first].CopyTo(_kept.AsSpan(at));
        bytes[first..].CopyTo(_kept);
    }

    private void SendAgain(long offset)
    {
        while (offset < _sent)
        {
            int at = (int)(offset % _kept.Length);
            int count = (int)Math.Min(Math.Min(_sent - offset, _kept.Length - at), ProtocolLimits.MaxData);
            _connection!.SendData(Number, offset, _kept.AsSpan(at, count));
            offset += count;
        }
    }

    private void Pulse()
    {
        _room.TrySetResult();
        _room = NewPulse();
    }
}
