using System.Buffers;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>The life of processes and their streams on one connection.</summary>
public sealed class ProcessTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task TheStreamsOfAProcessThatDidNotStartEnd()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        OutputStream output = connection.OpenOutput(2);
        InputStream input = connection.OpenInput(1);
        Task<Started> started = connection.RequestAsync(Samples.Start(1));
        await guest.GreetAsync();
        await guest.SendAsync((await guest.ReceiveAsync()).Id, new Failure(FailureKind.NotFound, 2, "no such\nfile"));
        RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => started.WaitAsync(s_limit));
        Assert.Equal("no such file", failure.Message);
        Assert.True((await output.ReadAsync().AsTask().WaitAsync(s_limit)).IsEmpty);
        await input.WriteAsync(new byte[10_000]).AsTask().WaitAsync(s_limit);
        Assert.Throws<ArgumentException>(() => { _ = connection.WaitExitAsync(1); });
    }

    [Fact]
    public async Task ARequestOverALimitIsRefusedHere()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        string[] arguments = [.. Enumerable.Repeat(new string('a', 131_072), 40)];
        foreach (Start start in (Start[])[
            Samples.Start(1) with { Arguments = arguments }, Samples.Start(1) with { User = new string('u', 257) },
            Samples.Start(1) with { Environment = ["A=\0"] }])
        {
            RequestFailedException failure = await Assert.ThrowsAsync<RequestFailedException>(() => connection.RequestAsync(start));
            Assert.Equal(FailureKind.InvalidRequest, failure.Failure!.Kind);
        }

        Task<Ok> accepted = connection.RequestAsync(new Kill(1, 9));
        await guest.SendAsync((await guest.ReceiveAsync()).Id, new Ok());
        await accepted.WaitAsync(s_limit);
    }

    [Fact]
    public async Task WhatCrossesAForgetIsIgnored()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        OutputStream output = connection.OpenOutput(2);
        connection.OpenInput(1);
        Task<Started> started = connection.RequestAsync(Samples.Start(1));
        await guest.GreetAsync();
        await guest.SendAsync((await guest.ReceiveAsync()).Id, new Started(5));
        await started.WaitAsync(s_limit);
        Assert.Throws<InvalidOperationException>(() => connection.Forget(1));
        await guest.SendAsync(0, new Exited(1, 0, 0, false));
        await connection.WaitExitAsync(1).WaitAsync(s_limit);
        connection.Forget(1);
        Assert.True((await output.ReadAsync().AsTask().WaitAsync(s_limit)).IsEmpty);
        await guest.ExpectAsync<Forget>();
        foreach (IMessage crossing in (IMessage[])[
            new Data(2, 0, [1]), new End(2, 1), new Ack(1, 0), new Stop(1), new Exited(1, 0, 0, false)])
        {
            await guest.SendAsync(0, crossing);
        }

        await RoundTripAsync(connection, guest);
        await guest.SendAsync(0, new Data(2, 1, [2]));
        Assert.IsType<ProtocolException>(await connection.Closed.WaitAsync(s_limit));
    }

    [Fact]
    public async Task AnOutputThatWasStoppedDropsWhatIsUnderWay()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        OutputStream output = connection.OpenOutput(2);
        await guest.GreetAsync();
        await guest.SendAsync(0, new Data(2, 0, [1]));
        await output.ReadAsync().AsTask().WaitAsync(s_limit);
        output.Advance(1);
        await guest.ExpectAsync<Ack>();
        Task<ReadOnlySequence<byte>> reading = output.ReadAsync().AsTask();
        output.Stop();
        Assert.True((await reading.WaitAsync(s_limit)).IsEmpty);
        Assert.True((await output.ReadAsync()).IsEmpty);
        await guest.SendAsync(0, new Data(2, 1, [2]));
        await guest.SendAsync(0, new End(2, 2));
        await guest.ExpectAsync<Stop>();
        await RoundTripAsync(connection, guest);
    }

    [Fact]
    public async Task BytesForAProcessThatClosedItsStdinAreDropped()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        InputStream input = connection.OpenInput(1);
        await guest.GreetAsync();
        Task writing = input.WriteAsync(new byte[100_000]).AsTask();
        await guest.ExpectAsync<Data>();
        Assert.False(writing.IsCompleted);
        await guest.SendAsync(0, new Stop(1));
        await writing.WaitAsync(s_limit);
        input.End();
        await RoundTripAsync(connection, guest);
    }

    [Fact]
    public async Task AReaderThatWaitsDoesNotHoldUpAnother()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        connection.OpenOutput(2);
        OutputStream quick = connection.OpenOutput(3);
        await guest.GreetAsync();
        await guest.SendAsync(0, new Data(2, 0, new byte[4096]));
        for (ulong offset = 0; offset < 100 * 4096; offset += 4096)
        {
            await guest.SendAsync(0, new Data(3, offset, new byte[4096]));
            for (long left = 4096; left > 0;)
            {
                ReadOnlySequence<byte> read = await quick.ReadAsync().AsTask().WaitAsync(s_limit);
                quick.Advance(read.Length);
                left -= read.Length;
            }

            Ack ack;
            do
            {
                ack = await guest.ExpectAsync<Ack>().WaitAsync(s_limit);
            }
            while (ack.Offset < offset + 4096);
        }
    }

    [Fact]
    public async Task FieldsOfALaterVersionAreSkippedInDataToo()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        OutputStream output = connection.OpenOutput(2);
        await guest.GreetAsync();
        await guest.WriteAsync(new byte[] { 0, 0, 0, 9, 0x96, 16, 0, 2, 0, 0xc4, 1, 42, 0xc0 });
        Assert.Equal([42], (await output.ReadAsync().AsTask().WaitAsync(s_limit)).ToArray());
    }

    /// <summary>All that the guest has sent before was received, and did no harm.</summary>
    private static async Task RoundTripAsync(AgentConnection connection, GuestEnd guest)
    {
        Task<Ok> asked = connection.RequestAsync(new Kill(9, 15));
        (uint id, IMessage message) = await guest.ReceiveAsync();
        Assert.IsType<Kill>(message);
        await guest.SendAsync(id, new Ok());
        await asked.WaitAsync(s_limit);
    }
}
