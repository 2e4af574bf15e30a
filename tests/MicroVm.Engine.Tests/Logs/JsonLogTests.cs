using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;

namespace MicroVm.Engine.Tests.Logs;

public sealed class JsonLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string LogPath => _directory["log"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("tab\tquote\"back\\cr\r", "tab\\u0009quote\\\"back\\\\cr\\r")]
    [InlineData("<a&b>", "\\u003ca\\u0026b\\u003e")]
    [InlineData("\u00e9\u2603\ud83d\ude00", "\u00e9\u2603\ud83d\ude00")]
    [InlineData("\u2028\u2029\u007f", "\\u2028\\u2029\u007f")]
    public void TextIsEscapedAsDockerDoes(string text, string expected) => Assert.Equal(expected, Escaped(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void EachBadByteBecomesAReplacementCharacter()
    {
        Assert.Equal("a\\ufffdb", Escaped([(byte)'a', 0xff, (byte)'b']));

        // A cut-off three-byte sequence: Go replaces byte by byte.
        Assert.Equal("\\ufffd\\ufffdx", Escaped([0xe2, 0x98, (byte)'x']));
    }

    [Fact]
    public void EntriesAreDockersByteForByte()
    {
        DateTime time = new DateTime(2024, 3, 4, 5, 6, 7, DateTimeKind.Utc).AddTicks(1_200_000);
        JsonLogEncoder encoder = new();
        encoder.Append("hi"u8, newline: true, JsonLogEncoder.Suffix(OutputStream.Stderr, time));
        encoder.Append("on"u8, newline: false, JsonLogEncoder.Suffix(OutputStream.Stdout, time.AddTicks(-1_200_000)));
        Assert.Equal(
            "{\"log\":\"hi\\n\",\"stream\":\"stderr\",\"time\":\"2024-03-04T05:06:07.12Z\"}\n"
            + "{\"log\":\"on\",\"stream\":\"stdout\",\"time\":\"2024-03-04T05:06:07Z\"}\n",
            Encoding.UTF8.GetString(encoder.Written.Span));
    }

    [Fact]
    public async Task LinesAreCutAtNewlinesHoweverTheyArrive()
    {
        using ContainerLog log = Start();
        Assert.Equal(0, log.Append(OutputStream.Stdout, "one "u8));
        Assert.Equal(8, log.Append(OutputStream.Stdout, "two\nthr"u8));
        Assert.Equal(4, log.Append(OutputStream.Stderr, "err\n"u8));
        Assert.Equal(15, log.Append(OutputStream.Stdout, "ee\n\nend"u8));
        log.Complete();
        Assert.Equal(["1one two\n", "2err\n", "1three\n", "1\n", "1end"], await EntriesAsync());
    }

    [Fact]
    public async Task LongLinesAreCutInPiecesOf16KiB()
    {
        string text = new('x', (2 * 16384) + 5);
        using ContainerLog log = Start();
        foreach (byte[] chunk in Encoding.ASCII.GetBytes(text + "\nnext\n").Chunk(10_000))
        {
            log.Append(OutputStream.Stdout, chunk);
        }

        log.Complete();
        List<LogEntry> entries = await ReadAsync(All);
        Assert.Equal([16384, 16384, 6, 5], entries.Select(entry => entry.Line.Length));
        Assert.Equal(entries[0].Time, entries[2].Time);
    }

    [Fact]
    public async Task TailSinceUntilAndStreamsSelect()
    {
        using (ContainerLog log = Start())
        {
            for (int i = 0; i < 5000; i++)
            {
                log.Append(i % 2 == 0 ? OutputStream.Stdout : OutputStream.Stderr, Encoding.ASCII.GetBytes($"line {i} {new string('.', 100)}\n"));
            }

            log.Complete();
        }

        Assert.Equal(5000, (await ReadAsync(All)).Count);
        List<LogEntry> tail = await ReadAsync(All with { Tail = 3 });
        Assert.Equal(["line 4997", "line 4998", "line 4999"], tail.Select(e => Encoding.ASCII.GetString(e.Line.Span[..9])));
        Assert.Empty(await ReadAsync(All with { Tail = 0 }));
        Assert.Equal(5000, (await ReadAsync(All with { Tail = 9999 })).Count);
        Assert.Equal(2, (await ReadAsync(All with { Tail = 3, Stdout = false })).Count);
        DateTimeOffset middle = (await ReadAsync(All))[2500].Time;
        Assert.Contains(await ReadAsync(All with { Since = middle }), e => e.Time == middle);
        Assert.All(await ReadAsync(All with { Since = middle }), e => Assert.True(e.Time >= middle));
        Assert.All(await ReadAsync(All with { Until = middle }), e => Assert.True(e.Time <= middle));
    }

    [Fact]
    public async Task FollowSeesWhatComesAndEndsWithTheContainer()
    {
        using ContainerLog log = Start();
        log.Append(OutputStream.Stdout, "first\n"u8);
        await using IAsyncEnumerator<LogEntry> entries =
            LogReader.ReadAsync(LogPath, All with { Follow = true }, log, CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await entries.MoveNextAsync());
        Task<bool> next = entries.MoveNextAsync().AsTask();
        Assert.False(next.IsCompleted);
        log.Append(OutputStream.Stdout, "second\n"u8);
        Assert.True(await next);
        Assert.Equal("second\n", Encoding.ASCII.GetString(entries.Current.Line.Span));
        next = entries.MoveNextAsync().AsTask();
        log.Append(OutputStream.Stderr, "last"u8);
        log.Complete();
        Assert.True(await next);
        Assert.False(await entries.MoveNextAsync());
    }

    [Fact]
    public async Task DamagedLinesAreSkipped()
    {
        string good = "{\"log\":\"good\\n\",\"stream\":\"stdout\",\"time\":\"2024-01-01T00:00:00Z\"}\n";
        await File.WriteAllTextAsync(LogPath, "{\"log\":\n[]\n\n{}\nnull\n" + new string('z', 3 << 20) + "\n" + good);
        Assert.Equal(["1good\n"], await EntriesAsync());
    }

    [Fact]
    public async Task TextComesBackAsItWasWritten()
    {
        Random random = new(7);
        using ContainerLog log = Start();
        StringBuilder expected = new();
        for (int i = 0; i < 200; i++)
        {
            // Lines of up to 16,000 bytes: a longer one is cut at a byte, maybe inside a character, as Docker does.
            string text = new string([.. Enumerable.Range(0, random.Next(0, 8_000)).Select(_ => (char)random.Next(0, 0x300))]) + "\n";
            expected.Append(text);
            log.Append(OutputStream.Stdout, Encoding.UTF8.GetBytes(text));
        }

        log.Complete();
        StringBuilder read = new();
        foreach (LogEntry entry in await ReadAsync(All))
        {
            read.Append(Encoding.UTF8.GetString(entry.Line.Span));
        }

        Assert.Equal(expected.ToString(), read.ToString());
    }

    private static LogOptions All => new(true, true, false, null, null, null);

    private ContainerLog Start() => ContainerLog.Start(LogPath, _directory["position"]);

    private async Task<List<LogEntry>> ReadAsync(LogOptions options)
    {
        List<LogEntry> entries = [];
        await foreach (LogEntry entry in LogReader.ReadAsync(LogPath, options, null, CancellationToken.None))
        {
            entries.Add(entry);
        }

        return entries;
    }

    private async Task<IEnumerable<string>> EntriesAsync() =>
        (await ReadAsync(All)).Select(entry => (int)entry.Stream + Encoding.UTF8.GetString(entry.Line.Span));

    private static string Escaped(ReadOnlySpan<byte> text)
    {
        JsonLogEncoder encoder = new();
        encoder.Append(text, newline: false, []);
        return Encoding.UTF8.GetString(encoder.Written.Span)["{\"log\":\"".Length..];
    }
}
