using System.Buffers.Binary;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;
using MicroVm.Protocol.Tests.Codec;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>A guest that says anything at all: the connection lives or ends with a reason, and holds nobody up.</summary>
public sealed class FuzzTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);
    private static readonly byte[][] s_corpus =
        [.. Vector.All.Where(v => v.From != "host").Select(v => v.Bytes).Where(b => b.Length is > 0 and < 1000)];

    [Fact]
    public async Task AConnectionSurvivesOrEndsWithAReason()
    {
        var random = new Random(11);
        for (int i = 0; i < 300; i++)
        {
            (Stream stream, GuestEnd guest) = GuestEnd.Pair();
            await using AgentConnection connection = GuestEnd.Open(stream, 4096);
            InputStream input = connection.OpenInput(1);
            OutputStream output = connection.OpenOutput(2);
            Task<Started> started = connection.RequestAsync(Samples.Start(1));
            Task<Exited> exited = connection.WaitExitAsync(1);
            await guest.GreetAsync();
            await input.WriteAsync(new byte[100]);
            await TalkAsync(guest, random);
            guest.Dispose();
            Exception reason = await connection.Closed.WaitAsync(s_limit);
            Assert.True(reason is ProtocolException or ConnectionLostException, reason.ToString());
            Assert.Null(reason.InnerException as InvalidOperationException);
            await SettleAsync(started, exited, DrainAsync(output), input.WriteAsync(new byte[3000]).AsTask());
        }
    }

    private static async Task TalkAsync(GuestEnd guest, Random random)
    {
        for (int left = random.Next(1, 12); left > 0; left--)
        {
            byte[] payload = s_corpus[random.Next(s_corpus.Length)];
            payload = random.Next(3) == 0 ? payload : Plausible(random);
            payload = random.Next(3) == 0 ? Mutation.Of(payload, random) : payload;
            byte[] frame = [0, 0, 0, 0, .. payload];
            BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length);
            try
            {
                await guest.WriteAsync(frame);
            }
            catch (System.Net.Sockets.SocketException)
            {
                return; // The connection has had enough.
            }
        }
    }

    /// <summary>Messages about what is open, so that more than the first is looked at.</summary>
    private static byte[] Plausible(Random random) => random.Next(6) switch
    {
        0 => [0x95, 16, 0, 2, 0, 0xc4, 1, 42],
        1 => [0x94, 17, 0, 1, (byte)random.Next(100)],
        2 => [0x94, 18, 0, 2, (byte)random.Next(2)],
        3 => [0x93, 19, 0, 1],
        4 => [0x93, 7, 2, 99],
        _ => [0x96, 8, 0, 1, 0, 0, 0xc2],
    };

    private static async Task DrainAsync(OutputStream output)
    {
        while (true)
        {
            long length = (await output.ReadAsync()).Length;
            if (length == 0)
            {
                return;
            }

            output.Advance(length);
        }
    }

    private static async Task SettleAsync(params Task[] tasks)
    {
        Task all = Task.WhenAll(tasks);
        await all.WaitAsync(s_limit).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.True(all.IsCompleted, "somebody still waits");
        Assert.All(
            tasks.Where(t => t.IsFaulted),
            t => Assert.True(t.Exception!.InnerException is ProtocolException or ConnectionLostException or RequestFailedException, t.Exception.ToString()));
    }
}
