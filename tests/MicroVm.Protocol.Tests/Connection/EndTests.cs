using System.Buffers;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>How a connection ends, and what still works then.</summary>
public sealed class EndTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task WhatWasSentIsWrittenBeforeTheEnd()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        await connection.Hello.WaitAsync(s_limit);
        connection.Forget(1);
        await connection.DisposeAsync();
        Assert.Equal(new Forget(1), await guest.ExpectAsync<Forget>());
        Assert.NotEmpty((await guest.ExpectAsync<Goodbye>()).Reason);
        Assert.IsType<ConnectionLostException>(await connection.Closed);
    }

    [Fact]
    public async Task TheGuestHearsHowItBrokeTheProtocol()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        await using AgentConnection connection = GuestEnd.Open(stream);
        await guest.GreetAsync();
        await guest.SendAsync(0, new End(9, 0));
        Assert.Contains("stream 9", (await guest.ExpectAsync<Goodbye>()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheGuestsReasonGoesBeforeTheBrokenChannel()
    {
        for (int i = 0; i < 20; i++)
        {
            (Stream stream, GuestEnd guest) = GuestEnd.Pair();
            await using AgentConnection connection = GuestEnd.Open(stream);
            await guest.GreetAsync();
            await connection.Hello.WaitAsync(s_limit);
            await guest.SendAsync(0, new Goodbye("out of\nmemory"));
            guest.Dispose();
            connection.Forget(1);
            Exception reason = await connection.Closed.WaitAsync(s_limit);
            Assert.Equal("the guest ended the connection: out of memory", Assert.IsType<ConnectionLostException>(reason).Message);
        }
    }

    [Fact]
    public async Task WhatHasArrivedIsReadBeforeTheEndIsTold()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        await using AgentConnection connection = GuestEnd.Open(stream);
        OutputStream output = connection.OpenOutput(2);
        await guest.GreetAsync();
        await guest.SendAsync(0, new Data(2, 0, "last words"u8.ToArray()));
        guest.Dispose();
        await connection.Closed.WaitAsync(s_limit);
        ReadOnlySequence<byte> read = await output.ReadAsync();
        Assert.Equal("last words"u8.ToArray(), read.ToArray());
        output.Advance(read.Length);
        Assert.Equal(10, output.Offset);
        await Assert.ThrowsAsync<ConnectionLostException>(() => output.ReadAsync().AsTask());
    }

    [Fact]
    public async Task NothingWaitsForAConnectionThatHasEnded()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        await using AgentConnection connection = GuestEnd.Open(stream, 4096);
        InputStream input = connection.OpenInput(1);
        Task<Started> started = connection.RequestAsync(Samples.Start(1));
        Task<Exited> exited = connection.WaitExitAsync(1);
        guest.Dispose();
        await connection.Closed.WaitAsync(s_limit);
        await Assert.ThrowsAsync<ConnectionLostException>(() => connection.Hello);
        await Assert.ThrowsAsync<ConnectionLostException>(() => started);
        await Assert.ThrowsAsync<ConnectionLostException>(() => exited);
        await Assert.ThrowsAsync<ConnectionLostException>(() => connection.RequestAsync(Samples.Start(2)));
        await Assert.ThrowsAsync<ConnectionLostException>(() => connection.WaitExitAsync(2));
        await Assert.ThrowsAsync<ConnectionLostException>(() => connection.OpenOutput(5).ReadAsync().AsTask());
        await input.WriteAsync(new byte[4096]);
        input.End();
        connection.Forget(1);
    }

    [Fact]
    public async Task AGuestThatSaysNothingIsLeftWhenAsked()
    {
        (Stream stream, GuestEnd guest) = GuestEnd.Pair();
        using GuestEnd end = guest;
        AgentConnection connection = GuestEnd.Open(stream);
        await connection.DisposeAsync();
        await Assert.ThrowsAsync<ConnectionLostException>(() => connection.Hello);
    }
}
