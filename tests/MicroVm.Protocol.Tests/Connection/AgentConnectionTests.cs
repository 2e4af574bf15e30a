using System.Buffers;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

public sealed class AgentConnectionTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task RequestsMayBeSentBeforeTheGuestAnswers()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        Task<Started> started = connection.RequestAsync(Samples.Start(1));
        await guest.GreetAsync();
        (uint id, IMessage message) = await guest.ReceiveAsync();
        Assert.Equal(1u, Assert.IsType<Start>(message).Process);
        await guest.SendAsync(id, new Started(77));
        Assert.Equal(77u, (await started.WaitAsync(s_limit)).Pid);
        await guest.SendAsync(0, new Exited(1, 3, 0, false));
        Assert.Equal(3u, (await connection.WaitExitAsync(1).WaitAsync(s_limit)).Status);
    }

    [Fact]
    public async Task ARefusedRequestLeavesTheConnectionUsable()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        Task<Ok> refused = connection.RequestAsync(new Kill(9, 15));
        await guest.SendAsync((await guest.ReceiveAsync()).Id, new Failure(FailureKind.NoSuchProcess, 3, "no such process"));
        var exception = await Assert.ThrowsAsync<RequestFailedException>(() => refused.WaitAsync(s_limit));
        Assert.Equal(FailureKind.NoSuchProcess, exception.Failure!.Kind);
        Task<Ok> accepted = connection.RequestAsync(new Kill(9, 15));
        await guest.SendAsync((await guest.ReceiveAsync()).Id, new Ok());
        await accepted.WaitAsync(s_limit);
    }

    [Fact]
    public async Task OutputIsAcknowledgedOnlyWhenItWasTakenOver()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        OutputStream output = connection.OpenOutput(2);
        await guest.SendAsync(0, new Data(2, 0, "hello"u8.ToArray()));
        ReadOnlySequence<byte> read = await output.ReadAsync().AsTask().WaitAsync(s_limit);
        Assert.Equal("hello"u8.ToArray(), read.ToArray());
        output.Advance(read.Length);
        Assert.Equal(new Ack(2, 5), await guest.ExpectAsync<Ack>());
        await guest.SendAsync(0, new End(2, 5));
        Assert.True((await output.ReadAsync().AsTask().WaitAsync(s_limit)).IsEmpty);
    }

    [Fact]
    public async Task InputWaitsForTheWindow()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        await guest.GreetAsync();
        InputStream input = connection.OpenInput(1);
        Task writing = input.WriteAsync(new byte[5000]).AsTask();
        Assert.Equal(4096, (await guest.ExpectAsync<Data>()).Bytes.Length);
        Assert.False(writing.IsCompleted);
        await guest.SendAsync(0, new Ack(1, 4096));
        Data rest = await guest.ExpectAsync<Data>();
        Assert.Equal((4096ul, 904), (rest.Offset, rest.Bytes.Length));
        await writing.WaitAsync(s_limit);
        input.End();
        Assert.Equal(new End(1, 5000), await guest.ExpectAsync<End>());
    }

    public static TheoryData<string> Violations => [.. s_violations.Keys];

    private static readonly Dictionary<string, IMessage> s_violations = new()
    {
        ["data on an unknown stream"] = new Data(9, 0, [1]),
        ["data at a wrong offset"] = new Data(2, 1, [1]),
        ["empty data"] = new Data(2, 0, []),
        ["more than the window"] = new Data(2, 0, new byte[4097]),
        ["a wrong end"] = new End(2, 1),
        ["an acknowledgement of what was not sent"] = new Ack(1, 1),
        ["an acknowledgement on an unknown stream"] = new Ack(9, 0),
        ["the end of an unknown process"] = new Exited(9, 0, 0, false),
        ["a reply to no request"] = new Ok(),
        ["an impossible exit status"] = new Exited(1, 256, 0, false),
        ["a second hello"] = new HelloReply(1, GuestEnd.Token, "", "", 0, 0, 0, false, []),
    };

    [Theory, MemberData(nameof(Violations))]
    public async Task AViolationEndsTheConnectionWithAReason(string violation)
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        connection.OpenInput(1);
        OutputStream output = connection.OpenOutput(2);
        _ = connection.RequestAsync(Samples.Start(1));
        await guest.GreetAsync();
        await guest.SendAsync(99, s_violations[violation]);
        Assert.IsType<ProtocolException>(await connection.Closed.WaitAsync(s_limit));
        await Assert.ThrowsAsync<ProtocolException>(() => output.ReadAsync().AsTask());
        await Assert.ThrowsAsync<ProtocolException>(() => connection.RequestAsync(new Shutdown()));
    }

    [Theory]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff })]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 0xc1 })]
    [InlineData(new byte[] { 0, 0, 0, 4, 0x92, 0xcc, 200, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 3, 0x92, 6, 1 })]
    public async Task GarbageEndsTheConnection(byte[] garbage)
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        await guest.WriteAsync(garbage);
        Assert.IsType<ProtocolException>(await connection.Closed.WaitAsync(s_limit));
    }

    [Fact]
    public async Task AWrongTokenIsRefused()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.WriteAsync(await guest.ReadAsync(ProtocolLimits.PreambleSize));
        (uint id, _) = await guest.ReceiveAsync();
        await guest.SendAsync(id, new HelloReply(1, new byte[32], "", "", 0, 0, 0, false, []));
        await Assert.ThrowsAsync<ProtocolException>(() => connection.Hello.WaitAsync(s_limit));
    }

    [Fact]
    public async Task NothingIsBelievedBeforeHello()
    {
        foreach (IMessage early in (IMessage[])[new Data(2, 0, [1]), new Ok(), new Exited(1, 0, 0, false)])
        {
            (Stream stream, GuestEnd guest) = GuestEnd.Pair();
            using GuestEnd end = guest;
            await using AgentConnection connection = GuestEnd.Open(stream);
            connection.OpenOutput(2);
            await guest.WriteAsync(await guest.ReadAsync(ProtocolLimits.PreambleSize));
            await guest.SendAsync(1, early);
            Assert.IsType<ProtocolException>(await connection.Closed.WaitAsync(s_limit));
        }
    }

    public static TheoryData<string> ImpossibleStates => [.. s_impossible.Keys];

    private static readonly Dictionary<string, ProcessState[]> s_impossible = new()
    {
        ["a process twice"] = [Samples.State(), Samples.State()],
        ["a stream twice"] = [Samples.State(), Samples.State() with { Process = 2 }],
        ["more acknowledged than received"] = [Samples.State(received: 1, acked: 2)],
        ["an offset that overflows"] = [Samples.State(stdout: ulong.MaxValue)],
    };

    [Theory, MemberData(nameof(ImpossibleStates))]
    public async Task AnImpossibleHelloIsRefused(string what)
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync(s_impossible[what]);
        await Assert.ThrowsAsync<ProtocolException>(() => connection.Hello.WaitAsync(s_limit));
    }

    [Fact]
    public async Task LeftoversOfAnEarlierConnectionAreSkipped()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.WriteAsync(new byte[300_000]);
        await guest.GreetAsync();
        Assert.Equal("build", (await connection.Hello.WaitAsync(s_limit)).AgentBuild);
    }
}
