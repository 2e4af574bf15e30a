using System.Buffers;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

/// <summary>
/// Queues frames and writes them, many at a time. Nothing waits here: what may be queued is bounded by the streams' windows
/// and by requests that are waited for.
/// </summary>
internal sealed class FrameSender(Stream stream) : IDisposable
{
    private const byte DataType = 16;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private FrameBuffer _queued = new();
    private FrameBuffer _writing = new();
    private bool _idle = true;

    /// <summary>Bytes that come before any frame.</summary>
    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _queued.Write(bytes);
        }
    }

    public void Send(uint id, IMessage message)
    {
        lock (_lock)
        {
            _queued.BeginFrame();
            try
            {
                MessageCodec.Encode(_queued, id, message);
            }
            catch
            {
                _queued.AbandonFrame();
                throw;
            }

            _queued.EndFrame();
            Wake();
        }
    }

    /// <summary>A Data message, without an array of its own for the bytes.</summary>
    public void SendData(uint number, ulong offset, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _queued.BeginFrame();
            var writer = new MessagePackWriter(_queued);
            writer.WriteArrayHeader(5);
            writer.Write((ulong)DataType);
            writer.Write(0ul);
            writer.Write((ulong)number);
            writer.Write(offset);
            writer.Write(bytes);
            _queued.EndFrame();
            Wake();
        }
    }

    /// <summary>Writes until cancelled or the stream fails.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadOnlyMemory<byte> bytes = Swap();
            if (bytes.IsEmpty)
            {
                await _wake.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _wake.Dispose();

    private ReadOnlyMemory<byte> Swap()
    {
        lock (_lock)
        {
            _writing.Clear();
            (_queued, _writing) = (_writing, _queued);
            _idle = _writing.Length == 0;
            return _writing.Written;
        }
    }

    private void Wake()
    {
        if (_idle)
        {
            _idle = false;
            _wake.Release();
        }
    }
}
