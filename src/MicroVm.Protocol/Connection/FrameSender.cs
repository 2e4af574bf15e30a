using System.Buffers;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// Queues frames and writes them, many at a time. What a guest that does not read can make it keep is bounded: data of
/// inputs waits for room, an acknowledgement replaces an earlier one, and requests are counted by their owner.
/// </summary>
internal sealed class FrameSender(Stream stream)
{
    // Queued bytes above which the data of inputs waits.
    private const int Room = 512 * 1024;
    private const byte DataType = 16;
    private readonly Lock _lock = new();
    private readonly Dictionary<uint, ulong> _acknowledgements = [];
    private FrameBuffer _queued = new();
    private FrameBuffer _writing = new();
    private TaskCompletionSource? _work;
    private TaskCompletionSource? _room;
    private bool _closed;

    /// <summary>Bytes that come before any frame.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _queued.Write(bytes);
        }
    }

    /// <summary>
    /// Queues a message; after the end of the connection it is lost. Throws <see cref="ArgumentException"/> for one that
    /// no frame can hold.
    /// </summary>
    public void Send(uint id, IMessage message)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _queued.BeginFrame();
            try
            {
                MessageCodec.Encode(_queued, id, message);
                _queued.EndFrame(ProtocolLimits.MaxFrameToGuest);
            }
            catch
            {
                _queued.AbandonFrame();
                throw;
            }

            Wake();
        }
    }

    /// <summary>Acknowledges an output up to <paramref name="offset"/>.</summary>
    public void Acknowledge(uint number, ulong offset)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                _acknowledgements[number] = offset;
                Wake();
            }
        }
    }

    /// <summary>True when data may be sent; else <paramref name="room"/> completes when it is time to ask again.</summary>
    public bool HasRoom(out Task room)
    {
        lock (_lock)
        {
            room = Task.CompletedTask;
            if (_closed || _queued.Length < Room)
            {
                return true;
            }

            _room ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
            room = _room.Task;
            return false;
        }
    }

    /// <summary>A Data message, without an array of its own for the bytes.</summary>
    public void SendData(uint number, ulong offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }

            _queued.BeginFrame();
            var writer = new MessagePackWriter(_queued);
            writer.WriteArrayHeader(5);
            writer.Write((ulong)DataType);
            writer.Write(0ul);
            writer.Write((ulong)number);
            writer.Write(offset);
            writer.Write(bytes);
            _queued.EndFrame(ProtocolLimits.MaxFrameToGuest);
            Wake();
        }
    }

    /// <summary>A last message; what is sent after it is lost. <see cref="RunAsync"/> returns when it is written.</summary>
    public void Close(Goodbye last)
    {
        lock (_lock)
        {
            if (!_closed)
            {
                Send(0, last);
                _closed = true;
                Wake();
                FreeRoom();
            }
        }
    }

    /// <summary>The connection is over: nothing waits for it any more.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _closed = true;
            _acknowledgements.Clear();
            _queued.Clear();
            Wake();
            FreeRoom();
        }
    }

    /// <summary>Writes until closed or cancelled, or the stream fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadOnlyMemory<byte> bytes = TakeQueued(out Task? work);
            if (!bytes.IsEmpty)
            {
                await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            }
            else if (work is null)
            {
                return;
            }
            else
            {
                await work.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What is to be written; or what to wait for; or neither at the end.</summary>
    private ReadOnlyMemory<byte> TakeQueued(out Task? work)
    {
        lock (_lock)
        {
            work = null;
            QueueAcknowledgements();
            _writing.Clear();
            (_queued, _writing) = (_writing, _queued);
            FreeRoom();
            if (_writing.Length == 0 && !_closed)
            {
                _work ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
                work = _work.Task;
            }

            return _writing.Written;
        }
    }

    private void QueueAcknowledgements()
    {
        foreach ((uint number, ulong offset) in _acknowledgements)
        {
            _queued.BeginFrame();
            MessageCodec.Encode(_queued, 0, new Ack(number, offset));
            _queued.EndFrame(ProtocolLimits.MaxFrameToGuest);
        }

        _acknowledgements.Clear();
    }

    private void Wake()
    {
        _work?.TrySetResult();
        _work = null;
    }

    private void FreeRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }
}
