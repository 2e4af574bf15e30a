using System.Buffers;
using MicroVm.Protocol.Connection;
using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Connection;

/// <summary>Many streams both ways at once, with readers of every speed: nobody starves, and no window is exceeded.</summary>
public sealed class ManyStreamsTests
{
    private const int Window = 4096;
    private const int Streams = 8;
    private const int Length = 150_000;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Theory, InlineData(1), InlineData(2)]
    public async Task EveryByteArrivesOnceAndInOrder(int seed)
    {
        byte[] content = new byte[Length];
        new Random(seed).NextBytes(content);
        (Stream stream, GuestEnd end) = GuestEnd.Pair();
        using GuestEnd guest = end;
        await using AgentConnection connection = GuestEnd.Open(stream, Window);
        OutputStream[] outputs = [.. Enumerable.Range(1, Streams).Select(i => connection.OpenOutput((uint)i))];
        InputStream[] inputs = [.. Enumerable.Range(100, Streams).Select(i => connection.OpenInput((uint)i))];
        await guest.GreetAsync();
        var echo = new Echo(guest, seed);
        Task echoing = echo.RunAsync();
        IEnumerable<Task> writing = inputs.Select((input, i) => WriteAsync(input, content, new Random(seed + i)));
        Task<byte[][]> reading = Task.WhenAll(outputs.Select((output, i) => ReadAsync(output, new Random(seed - i))));
        await await Task.WhenAny(echoing, Task.WhenAll(writing.Append(reading))).WaitAsync(s_limit);
        Assert.All(await reading, bytes => Assert.Equal(content, bytes));
        await connection.DisposeAsync();
        await echoing.WaitAsync(s_limit);
    }

    private static async Task WriteAsync(InputStream input, byte[] content, Random random)
    {
        for (int at = 0; at < content.Length;)
        {
            int count = Math.Min(random.Next(1, 9000), content.Length - at);
            await input.WriteAsync(content.AsMemory(at, count));
            at += count;
        }

        input.End();
    }

    private static async Task<byte[]> ReadAsync(OutputStream output, Random random)
    {
        var taken = new MemoryStream();
        while (true)
        {
            ReadOnlySequence<byte> read = await output.ReadAsync();
            if (read.IsEmpty)
            {
                return taken.ToArray();
            }

            long count = random.Next(4) == 0 ? random.NextInt64(1, read.Length + 1) : read.Length;
            taken.Write(read.Slice(0, count).ToArray());
            output.Advance(count);
            if (random.Next(8) == 0)
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>A guest that sends what comes on stream 100 + n back on stream 1 + n, as the windows allow.</summary>
    private sealed class Echo(GuestEnd guest, int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<byte>[] _held = [.. Enumerable.Range(0, Streams).Select(_ => new List<byte>())];
        private readonly long[] _received = new long[Streams];
        private readonly long[] _sent = new long[Streams];
        private readonly long[] _acknowledged = new long[Streams];
        private readonly bool[] _ended = new bool[Streams];

        public async Task RunAsync()
        {
            while (true)
            {
                switch ((await guest.ReceiveAsync()).Message)
                {
                    case Data data:
                        int i = (int)data.Stream - 100;
                        Assert.Equal((ulong)_received[i], data.Offset);
                        _received[i] += data.Bytes.Length;
                        _held[i].AddRange(data.Bytes);
                        Assert.True(_held[i].Count <= Window, "more than the window");
                        await PassAsync(i);
                        break;
                    case End ended:
                        _ended[ended.Stream - 100] = true;
                        await PassAsync((int)ended.Stream - 100);
                        break;
                    case Ack ack:
                        _acknowledged[ack.Stream - 1] = (long)ack.Offset;
                        await PassAsync((int)ack.Stream - 1);
                        break;
                    case Goodbye:
                        return;
                }
            }
        }

        private async Task PassAsync(int i)
        {
            while (_held[i].Count > 0 && _sent[i] - _acknowledged[i] < Window)
            {
                int count = Math.Min(_random.Next(1, 3000), Math.Min(_held[i].Count, (int)(Window - (_sent[i] - _acknowledged[i]))));
                await guest.SendAsync(0, new Data((uint)(1 + i), (ulong)_sent[i], [.. _held[i][..count]]));
                _held[i].RemoveRange(0, count);
                _sent[i] += count;
                await guest.SendAsync(0, new Ack((uint)(100 + i), (ulong)_sent[i]));
            }

            if (_ended[i] && _held[i].Count == 0)
            {
                _ended[i] = false;
                await guest.SendAsync(0, new End((uint)(1 + i), (ulong)_sent[i]));
            }
        }
    }
}
