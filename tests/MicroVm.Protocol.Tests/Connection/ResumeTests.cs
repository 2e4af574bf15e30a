using System.Buffers;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>Streams over connections that break at any point: every byte arrives once, in order.</summary>
public sealed class ResumeTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task InputGoesOnWhereTheGuestSays(int seed)
    {
        var random = new Random(seed);
        byte[] sent = new byte[400_000];
        random.NextBytes(sent);
        var received = new List<byte>();
        int acknowledged = 0;
        InputStream? input = null;
        Task? writing = null;
        while (received.Count < sent.Length)
        {
            (Stream stream, GuestEnd guest) = GuestEnd.Pair();
            using GuestEnd end = guest;
            await using AgentConnection connection = GuestEnd.Open(stream, 8192);
            var state = new ProcessState(1, 1, 1, 0, 0, (ulong)received.Count, (ulong)acknowledged, false, 0, 0);
            await guest.GreetAsync(state);
            await connection.Hello.WaitAsync(s_limit);
            if (input is null)
            {
                input = connection.OpenInput(1);
                writing = WriteAllAsync(input, sent);
            }
            else
            {
                connection.ResumeInput(input, state);
            }

            for (int left = random.Next(40); left > 0 && received.Count < sent.Length; left--)
            {
                Data data = await guest.ExpectAsync<Data>().WaitAsync(s_limit);
                Assert.Equal((ulong)received.Count, data.Offset);
                received.AddRange(data.Bytes);
                Assert.True(received.Count - acknowledged <= 8192, "more than the window");
                if (random.Next(3) > 0 || received.Count - acknowledged == 8192)
                {
                    acknowledged = received.Count;
                    await guest.SendAsync(0, new Ack(1, (ulong)acknowledged));
                }
            }
        }

        await writing!.WaitAsync(s_limit);
        Assert.Equal(sent, received);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task OutputGoesOnAtTheReadersOffset(int seed)
    {
        var random = new Random(seed);
        byte[] sent = new byte[400_000];
        random.NextBytes(sent);
        var taken = new MemoryStream();
        while (taken.Length < sent.Length)
        {
            (Stream stream, GuestEnd guest) = GuestEnd.Pair();
            using GuestEnd end = guest;
            await using AgentConnection connection = GuestEnd.Open(stream, 8192);
            await guest.GreetAsync(new ProcessState(1, 1, 0, 2, 0, 0, 0, false, (ulong)taken.Length, 0));
            await connection.Hello.WaitAsync(s_limit);
            OutputStream output = connection.ResumeOutput(2, taken.Length);
            int offset = (int)(await guest.ExpectAsync<Ack>()).Offset;
            Assert.Equal(taken.Length, offset);
            int acknowledged = offset;
            for (int left = random.Next(40); left > 0 && offset < sent.Length; left--)
            {
                int count = Math.Min(Math.Min(random.Next(1, 5000), 8192 - (offset - acknowledged)), sent.Length - offset);
                await guest.SendAsync(0, new Data(2, (ulong)offset, sent[offset..(offset + count)]));
                offset += count;
                ReadOnlySequence<byte> read = await output.ReadAsync().AsTask().WaitAsync(s_limit);
                long part = read.Length == 1 ? 1 : random.NextInt64(1, read.Length);
                taken.Write(read.Slice(0, part).ToArray());
                output.Advance(part);
                while (offset - acknowledged > 2500)
                {
                    // A quarter of the window is acknowledged, and whatever is the last that has arrived.
                    while (taken.Length - acknowledged < 2048 && taken.Length < offset)
                    {
                        read = await output.ReadAsync().AsTask().WaitAsync(s_limit);
                        taken.Write(read.ToArray());
                        output.Advance(read.Length);
                    }

                    acknowledged = (int)(await guest.ExpectAsync<Ack>().WaitAsync(s_limit)).Offset;
                }
            }
        }

        Assert.Equal(sent, taken.ToArray());
    }

    [Fact]
    public async Task WhatTheGuestSaysBeforeAnInputIsResumedCounts()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        AgentConnection first = GuestEnd.Open(stream, 4096);
        InputStream input = first.OpenInput(1);
        await guest.GreetAsync();
        await input.WriteAsync(new byte[4096]);
        await guest.ExpectAsync<Data>();
        guest.Dispose();
        await first.DisposeAsync();

        (stream, guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        ProcessState state = Samples.State(received: 4096, acked: 1000);
        await guest.GreetAsync(state);
        await connection.Hello.WaitAsync(s_limit);
        await guest.SendAsync(0, new Ack(1, 3000));
        await RoundTripAsync(connection, guest);
        connection.ResumeInput(input, state);
        Task writing = input.WriteAsync(new byte[3001]).AsTask();
        Assert.Equal((4096ul, 3000), Shape(await guest.ExpectAsync<Data>().WaitAsync(s_limit)));
        Assert.False(writing.IsCompleted);
        await guest.SendAsync(0, new Stop(1));
        await writing.WaitAsync(s_limit);
    }

    [Fact]
    public async Task AnInputOfAnotherDaemonGoesOnBehindWhatTheGuestHas()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        ProcessState state = Samples.State(received: 10_000, acked: 8000);
        await guest.GreetAsync(state);
        await connection.Hello.WaitAsync(s_limit);
        InputStream input = connection.ResumeInput(state);
        Task writing = input.WriteAsync(new byte[2097]).AsTask();
        Assert.Equal((10_000ul, 2096), Shape(await guest.ExpectAsync<Data>().WaitAsync(s_limit)));
        await guest.SendAsync(0, new Ack(1, 8500));
        Assert.Equal((12_096ul, 1), Shape(await guest.ExpectAsync<Data>().WaitAsync(s_limit)));
        await writing.WaitAsync(s_limit);
    }

    [Fact]
    public async Task AnInputThatTheProcessHasClosedStaysClosed()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        AgentConnection first = GuestEnd.Open(stream, 4096);
        InputStream input = first.OpenInput(1);
        await guest.GreetAsync();
        guest.Dispose();
        await first.DisposeAsync();
        (stream, guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        ProcessState state = Samples.State() with { Stdin = 0 };
        await guest.GreetAsync(state);
        await connection.Hello.WaitAsync(s_limit);
        connection.ResumeInput(input, state);
        await input.WriteAsync(new byte[10_000]).AsTask().WaitAsync(s_limit);
    }

    [Theory]
    [InlineData(999)] // less than it has acknowledged
    [InlineData(4097)] // more than was sent
    public async Task AGuestThatHasWhatItCannotHaveIsLeft(int received)
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        AgentConnection first = GuestEnd.Open(stream, 4096);
        InputStream input = first.OpenInput(1);
        await guest.GreetAsync();
        await input.WriteAsync(new byte[4096]);
        await guest.ExpectAsync<Data>();
        await guest.SendAsync(0, new Ack(1, 1000));
        await RoundTripAsync(first, guest);
        guest.Dispose();
        await first.DisposeAsync();
        (stream, guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        ProcessState state = Samples.State(received: (ulong)received);
        await guest.GreetAsync(state);
        await connection.Hello.WaitAsync(s_limit);
        Assert.Throws<ProtocolException>(() => connection.ResumeInput(input, state));
        Assert.IsType<ProtocolException>(await connection.Closed.WaitAsync(s_limit));
    }

    [Fact]
    public async Task AnOutputGoesOnWhereTheGuestCan()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        await guest.GreetAsync(Samples.State(stdout: 5000));
        await connection.Hello.WaitAsync(s_limit);
        OutputStream output = connection.ResumeOutput(2, 4000);
        Assert.Equal(5000, output.Offset);
        Assert.Equal(new Ack(2, 5000), await guest.ExpectAsync<Ack>());
        await guest.SendAsync(0, new Data(2, 5000, [1]));
        Assert.Equal(1, (await output.ReadAsync().AsTask().WaitAsync(s_limit)).Length);
    }

    private static (ulong Offset, int Length) Shape(Data data) => (data.Offset, data.Bytes.Length);

    private static async Task RoundTripAsync(AgentConnection connection, GuestEnd guest)
    {
        Task<Ok> asked = connection.RequestAsync(new Kill(9, 15));
        (uint id, _) = await guest.ReceiveAsync();
        await guest.SendAsync(id, new Ok());
        await asked.WaitAsync(s_limit);
    }

    private static async Task WriteAllAsync(InputStream input, byte[] bytes)
    {
        for (int at = 0; at < bytes.Length; at += 3000)
        {
            await input.WriteAsync(bytes.AsMemory(at, Math.Min(3000, bytes.Length - at)));
        }
    }
}
