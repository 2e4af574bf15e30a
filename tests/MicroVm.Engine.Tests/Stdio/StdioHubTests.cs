using System.Collections.Concurrent;
using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;
using MicroVm.Engine.Stdio;

namespace MicroVm.Engine.Tests.Stdio;

public sealed class StdioHubTests : IDisposable
{
    private static readonly AttachOptions s_output = new(true, false, true, true, false);
    private static readonly AttachOptions s_input = new(true, true, false, false, false);

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AClientAttachedBeforeTheStartMissesNothing()
    {
        StdioHub hub = NewHub();
        await using IAttachment client = hub.Attach(s_output);
        Begin(hub);
        Assert.Equal(4, await hub.OutputAsync(OutputStream.Stdout, "out\n"u8.ToArray(), CancellationToken.None));
        Assert.Equal(0, await hub.OutputAsync(OutputStream.Stderr, "err"u8.ToArray(), CancellationToken.None));
        hub.Complete();
        Assert.Equal(["1out\n", "2err"], await ReadAllAsync(client));
    }

    [Fact]
    public async Task ClientsGetOnlyTheStreamsTheyAskedFor()
    {
        StdioHub hub = NewHub();
        await using IAttachment client = hub.Attach(s_output with { Stdout = false });
        Begin(hub);
        await hub.OutputAsync(OutputStream.Stdout, "out"u8.ToArray(), CancellationToken.None);
        await hub.OutputAsync(OutputStream.Stderr, "err"u8.ToArray(), CancellationToken.None);
        hub.Complete();
        Assert.Equal(["2err"], await ReadAllAsync(client));
    }

    [Fact]
    public async Task HistoryThenLiveHasEachByteOnce()
    {
        StdioHub hub = NewHub();
        Begin(hub);
        await hub.OutputAsync(OutputStream.Stdout, "one\ntw"u8.ToArray(), CancellationToken.None);
        await using IAttachment client = hub.Attach(s_output with { Logs = true });
        await hub.OutputAsync(OutputStream.Stdout, "o\n"u8.ToArray(), CancellationToken.None);
        hub.Complete();
        Assert.Equal(["1one\n", "1tw", "1o\n"], await ReadAllAsync(client));
    }

    [Fact]
    public async Task AFullClientHoldsTheOutputBackUntilItReadsOrLeaves()
    {
        StdioHub hub = NewHub();
        IAttachment client = hub.Attach(s_output);
        Begin(hub);
        byte[] piece = new byte[64 * 1024];
        Task<long> blocked = Task.FromResult(0L);
        int sent = 0;
        while (blocked.IsCompleted)
        {
            Assert.True(++sent < 100, "nothing holds the output back");
            blocked = hub.OutputAsync(OutputStream.Stdout, piece, CancellationToken.None).AsTask();
        }

        Assert.NotNull(await client.ReadAsync(CancellationToken.None));
        await blocked;
        blocked = hub.OutputAsync(OutputStream.Stdout, piece, CancellationToken.None).AsTask();
        Assert.False(blocked.IsCompleted);
        await client.DisposeAsync();
        await blocked;
    }

    [Fact]
    public async Task StdinWaitsForTheStartAndEndsWithItsClient()
    {
        StdioHub hub = NewHub(stdinOnce: true);
        await using IAttachment client = hub.Attach(s_input);
        Task write = client.WriteStdinAsync("hello"u8.ToArray(), CancellationToken.None).AsTask();
        Assert.False(write.IsCompleted);
        RecordingInput input = new();
        await hub.Stdin.OpenAsync(input);
        await write;
        await client.EndStdinAsync(CancellationToken.None);
        Assert.Equal("hello$", input.Text);
    }

    [Fact]
    public async Task StdinThatEndedBeforeTheStartEndsAtOnce()
    {
        StdioHub hub = NewHub(stdinOnce: true);
        await using IAttachment client = hub.Attach(s_input);
        await client.EndStdinAsync(CancellationToken.None);
        RecordingInput input = new();
        await hub.Stdin.OpenAsync(input);
        Assert.Equal("$", input.Text);
    }

    [Fact]
    public async Task WithoutStdinOnceStdinOutlivesItsClients()
    {
        StdioHub hub = NewHub(stdinOnce: false);
        RecordingInput input = new();
        await hub.Stdin.OpenAsync(input);
        for (int i = 0; i < 2; i++)
        {
            await using IAttachment client = hub.Attach(s_input);
            await client.WriteStdinAsync("x"u8.ToArray(), CancellationToken.None);
            await client.EndStdinAsync(CancellationToken.None);
        }

        Assert.Equal("xx", input.Text);
    }

    [Fact]
    public async Task AfterTheEndStdinIsDroppedAndAttachingEndsAtOnce()
    {
        StdioHub hub = NewHub();
        hub.Complete();
        await using IAttachment client = hub.Attach(new(true, true, true, true, false));
        await client.WriteStdinAsync("x"u8.ToArray(), CancellationToken.None);
        Assert.Null(await client.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task SixtyFourMegabytesArriveWhole()
    {
        const int Total = 64 << 20;
        StdioHub hub = NewHub();
        await using IAttachment client = hub.Attach(s_output);
        Begin(hub);
        byte[] piece = new byte[65536];
        new Random(3).NextBytes(piece);
        Task pump = Task.Run(async () =>
        {
            for (int sent = 0; sent < Total; sent += piece.Length)
            {
                await hub.OutputAsync(OutputStream.Stdout, piece, CancellationToken.None);
            }

            hub.Complete();
        });
        long received = 0;
        while (await client.ReadAsync(CancellationToken.None) is { } chunk)
        {
            Assert.True(chunk.Bytes.Span.SequenceEqual(piece), $"wrong bytes at {received}");
            received += chunk.Bytes.Length;
        }

        await pump;
        Assert.Equal(Total, received);
    }

    private StdioHub NewHub(bool stdinOnce = false) => new(terminal: false, stdinOnce, _directory["log"]);

    private void Begin(StdioHub hub) => hub.Begin(ContainerLog.Start(_directory["log"], _directory["position"]));

    private static async Task<List<string>> ReadAllAsync(IAttachment client)
    {
        List<string> read = [];
        while (await client.ReadAsync(CancellationToken.None) is { } chunk)
        {
            read.Add((int)chunk.Stream + Encoding.UTF8.GetString(chunk.Bytes.Span));
        }

        return read;
    }

    private sealed class RecordingInput : IGuestInput
    {
        private readonly ConcurrentQueue<string> _written = new();

        public string Text => string.Concat(_written);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _written.Enqueue(Encoding.UTF8.GetString(bytes.Span));
            return ValueTask.CompletedTask;
        }

        public void End() => _written.Enqueue("$");
    }
}
