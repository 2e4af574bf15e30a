using System.Security.Cryptography;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.MessagePack;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Connection;

public sealed partial class AgentConnection
{
    private const byte DataType = 16;

    // Streams are far shorter; sums with a window can't overflow.
    private const ulong MaxOffset = 1ul << 62;
    private bool _greeted;

    private async Task ReceiveAsync(byte[] preamble)
    {
        var receiver = new FrameReceiver(_stream);
        await receiver.FindPreambleAsync(preamble, _stop.Token).ConfigureAwait(false);
        while (true)
        {
            ReadOnlyMemory<byte> payload = await receiver.ReadAsync(_stop.Token).ConfigureAwait(false);
            if (!_greeted || !TryReceiveData(payload.Span))
            {
                Dispatch(MessageCodec.Decode(payload.Span, Direction.GuestToHost, out uint id), id);
            }
        }
    }

    /// <summary>Data is most of the traffic: its bytes are taken from the frame as they lie there.</summary>
    private bool TryReceiveData(ReadOnlySpan<byte> payload)
    {
        var reader = new MessagePackReader(payload);
        if (reader.ReadArrayHeader(int.MaxValue) != 5 || reader.ReadUInt32() != DataType)
        {
            return false;
        }

        reader.ReadUInt32();
        uint number = reader.ReadUInt32();
        ulong offset = reader.ReadUInt64();
        ReadOnlySpan<byte> bytes = reader.ReadBinary(ProtocolLimits.MaxData);
        reader.ExpectEnd();
        _registry.Output(number)?.Receive(offset, bytes);
        return true;
    }

    private void Dispatch(IMessage message, uint id)
    {
        if (message is not Goodbye && _greeted == message is HelloReply)
        {
            throw new ProtocolException($"{message.GetType().Name} is out of place");
        }

        switch (message)
        {
            case HelloReply reply:
                Accept(reply);
                _requests.Complete(id, reply);
                break;
            case Ok or Started or Measurement or ProcessList or Failure:
                _registry.Answered(id, message is Failure);
                _requests.Complete(id, message);
                break;
            case Exited exited:
                _registry.Exit(exited);
                break;
            case Data data:
                _registry.Output(data.Stream)?.Receive(data.Offset, data.Bytes);
                break;
            case End end:
                _registry.Output(end.Stream)?.End(end.Offset);
                break;
            case Ack ack:
                _registry.Acknowledge(ack);
                break;
            case Stop stop:
                _registry.Stop(stop);
                break;
            case Goodbye goodbye:
                throw new ConnectionLostException("the guest ended the connection: " + GuestText.OneLine(goodbye.Reason));
        }
    }

    private void Accept(HelloReply reply)
    {
        if (!CryptographicOperations.FixedTimeEquals(reply.Token, _options.Token))
        {
            throw new ProtocolException("a wrong token");
        }

        if (reply.Version != ProtocolLimits.Version)
        {
            throw new ProtocolException($"the guest speaks version {reply.Version} of the protocol");
        }

        foreach (ProcessState state in reply.Processes)
        {
            bool isInOrder = state.StdinAcked <= state.StdinReceived && state.StdinReceived <= MaxOffset
                && state.StdoutAcked <= MaxOffset && state.StderrAcked <= MaxOffset;
            _registry.AddFound(
                isInOrder ? state : throw new ProtocolException($"process {state.Process} has impossible offsets"),
                state.Stdin == 0 ? null : new InputStream(this, state, _options.Window));
        }

        _greeted = true;
    }
}
