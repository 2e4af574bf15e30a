using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Generated;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>What a guest that does not read can make the host keep.</summary>
public sealed class FrameSenderTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task AnAcknowledgementReplacesTheEarlierOne()
    {
        using var stream = new GateStream();
        var sender = new FrameSender(stream);
        Task running = await BlockedAsync(sender, stream);
        for (ulong offset = 1; offset <= 100_000; offset++)
        {
            sender.Acknowledge(2, offset);
        }

        sender.Acknowledge(3, 7);
        await FinishAsync(sender, stream, running);
        Assert.Equal([new Stop(9), new Goodbye(""), new Ack(2, 100_000), new Ack(3, 7)], Frames(stream.Written));
    }

    [Fact]
    public async Task DataOfInputsWaitsForRoom()
    {
        using var stream = new GateStream();
        var sender = new FrameSender(stream);
        Task running = await BlockedAsync(sender, stream);
        int sent = 0;
        while (sender.HasRoom(out _))
        {
            sender.SendData(1, (ulong)sent, new byte[65536]);
            sent += 65536;
            Assert.True(sent <= 1024 * 1024, "no bound");
        }

        Assert.False(sender.HasRoom(out Task room));
        Assert.False(room.IsCompleted);
        stream.Open();
        await room.WaitAsync(s_limit);
        await FinishAsync(sender, stream, running);
        Assert.Equal(sent, Frames(stream.Written).OfType<Data>().Sum(d => d.Bytes.Length));
    }

    [Fact]
    public async Task NothingWaitsForAConnectionThatIsOver()
    {
        using var stream = new GateStream();
        var sender = new FrameSender(stream);
        using var stop = new CancellationTokenSource();
        _ = await BlockedAsync(sender, stream, stop.Token);
        while (sender.HasRoom(out _))
        {
            sender.SendData(1, 0, new byte[65536]);
        }

        _ = sender.HasRoom(out Task room);
        await stop.CancelAsync();
        sender.Abandon();
        await room.WaitAsync(s_limit);
        sender.Send(0, new Stop(1));
        sender.Acknowledge(1, 1);
        Assert.True(sender.HasRoom(out _));
    }

    [Fact]
    public void AMessageThatNoFrameHoldsIsRefusedWhole()
    {
        var sender = new FrameSender(Stream.Null);
        string[] arguments = [.. Enumerable.Repeat(new string('a', 131_072), 40)];
        Assert.Throws<ArgumentException>(() => sender.Send(1, Samples.Start(1) with { Arguments = arguments }));
        Assert.Throws<ArgumentException>(() => sender.Send(1, Samples.Start(1) with { User = new string('u', 257) }));
        Assert.Throws<ArgumentException>(() => sender.Send(1, Samples.Start(1) with { User = "a\0b" }));
    }

    private static async Task<Task> BlockedAsync(FrameSender sender, GateStream stream, CancellationToken cancellationToken = default)
    {
        Task running = sender.RunAsync(cancellationToken);
        sender.Send(0, new Stop(9));
        await stream.Reached.WaitAsync(s_limit, CancellationToken.None);
        return running;
    }

    private static async Task FinishAsync(FrameSender sender, GateStream stream, Task running)
    {
        sender.Close(new Goodbye(""));
        stream.Open();
        await running.WaitAsync(s_limit);
    }

    private static List<IMessage> Frames(byte[] bytes)
    {
        List<IMessage> messages = [];
        for (int at = 0; at < bytes.Length;)
        {
            int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            messages.Add(MessageCodec.Decode(bytes.AsSpan(at + 4, length), Direction.HostToGuest, out _));
            at += 4 + length;
        }

        return messages;
    }
}
