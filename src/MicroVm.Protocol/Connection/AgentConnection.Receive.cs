using System.Security.Cryptography;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

public sealed partial class AgentConnection
{
    private const byte DataType = 16;

    private async Task RunAsync(byte[] preamble)
    {
        Task sending = _sender.RunAsync(_stop.Token);
        Task receiving = ReceiveAsync(preamble);
        Task first = await Task.WhenAny(sending, receiving).ConfigureAwait(false);
        Exception reason = Reason(first.Exception?.InnerException);
        await _stop.CancelAsync().ConfigureAwait(false);
        await _stream.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(sending, receiving).ContinueWith(
            done => _ = done.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        Fail(reason);
        _sender.Dispose();
    }

    private static Exception Reason(Exception? exception) => exception switch
    {
        ProtocolException or ConnectionLostException => exception,
        null or OperationCanceledException => new ConnectionLostException("the connection was closed"),
        _ => new ConnectionLostException(exception.Message, exception),
    };

    private void Fail(Exception reason)
    {
        _requests.Fail(reason);
        foreach (OutputStream output in _outputs.Values)
        {
            output.Fail(reason);
        }

        foreach (InputStream input in _inputs.Values)
        {
            input.Detach();
        }

        foreach (TaskCompletionSource<Exited> exit in _exits.Values)
        {
            exit.TrySetException(reason);
            _ = exit.Task.Exception;
        }

        _closed.TrySetResult(reason);
    }

    private async Task ReceiveAsync(byte[] preamble)
    {
        var receiver = new FrameReceiver(_stream);
        await receiver.FindPreambleAsync(preamble, _stop.Token).ConfigureAwait(false);
        while (true)
        {
            ReadOnlyMemory<byte> payload = await receiver.ReadAsync(_stop.Token).ConfigureAwait(false);
            if (TryReadData(payload, out uint number, out ulong offset, out ReadOnlyMemory<byte> bytes))
            {
                if (_outputs.TryGetValue(number, out OutputStream? output))
                {
                    await output.ReceiveAsync(offset, bytes).ConfigureAwait(false);
                    continue;
                }

                throw new ProtocolException($"data on stream {number}, which was not opened");
            }

            Dispatch(MessageCodec.Decode(payload.Span, Direction.GuestToHost, out uint id), id);
        }
    }

    /// <summary>Data is most of the traffic: its bytes are taken from the frame as they lie there.</summary>
    private static bool TryReadData(ReadOnlyMemory<byte> payload, out uint number, out ulong offset, out ReadOnlyMemory<byte> bytes)
    {
        (number, offset, bytes) = (0, 0, default);
        var reader = new MessagePackReader(payload.Span);
        if (reader.ReadArrayHeader(int.MaxValue) != 5 || reader.ReadUInt32() != DataType)
        {
            return false;
        }

        reader.ReadUInt32();
        number = reader.ReadUInt32();
        offset = reader.ReadUInt64();
        int length = reader.ReadBinary(ProtocolLimits.MaxData).Length;
        int end = payload.Length - reader.Remaining;
        reader.ExpectEnd();
        bytes = payload[(end - length)..end];
        return true;
    }

    private void Dispatch(IMessage message, uint id)
    {
        switch (message)
        {
            case HelloReply reply:
                Accept(reply);
                _requests.Complete(id, reply);
                break;
            case Ok or Started or Failure:
                _requests.Complete(id, message);
                break;
            case Exited exited:
                Complete(exited);
                break;
            case Ack ack:
                Input(ack.Stream)?.Acknowledge(ack.Offset);
                break;
            case End end:
                (_outputs.TryGetValue(end.Stream, out OutputStream? output)
                    ? output
                    : throw new ProtocolException($"end of stream {end.Stream}, which was not opened")).End(end.Offset);
                break;
            case Stop stop:
                Input(stop.Stream)?.Stop();
                break;
            case Goodbye goodbye:
                throw new ConnectionLostException("the guest ended the connection: " + Printable(goodbye.Reason));
            default:
                throw new ProtocolException($"{message.GetType().Name} is out of place");
        }
    }

    private void Accept(HelloReply reply)
    {
        if (_hello.Task.IsCompleted || !CryptographicOperations.FixedTimeEquals(reply.Token, _options.Token))
        {
            throw new ProtocolException("the guest does not know its token");
        }

        if (reply.Version != ProtocolLimits.Version)
        {
            throw new ProtocolException($"the guest speaks version {reply.Version} of the protocol");
        }

        foreach (ProcessState state in reply.Processes)
        {
            _exits.TryAdd(state.Process, NewExit());
        }
    }

    private void Complete(Exited exited)
    {
        bool known = _exits.TryGetValue(exited.Process, out TaskCompletionSource<Exited>? exit);
        if (!known || exited.Status > 255 || !exit!.TrySetResult(exited))
        {
            throw new ProtocolException($"the end of process {exited.Process} is out of place");
        }
    }

    private InputStream? Input(uint number) =>
        _inputs.TryGetValue(number, out InputStream? input)
            ? input
            : throw new ProtocolException($"stream {number} was not opened");

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
