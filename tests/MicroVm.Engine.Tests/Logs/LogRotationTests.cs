using System.Globalization;
using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;

namespace MicroVm.Engine.Tests.Logs;

/// <summary>Logs in several files: bounded, in order, and exact over a daemon's death.</summary>
public sealed class LogRotationTests : IDisposable
{
    private const int MaxSize = 1000;
    private const int Entry = 90;
    private static readonly LogOptions s_all = new(true, true, Follow: false, Tail: null, Since: null, Until: null);
    private static readonly LogSettings s_three = new(IsKept: true, MaxSize, MaxFiles: 3, IsBlocking: true);

    private readonly TemporaryDirectory _directory = new();

    private string LogPath => _directory["log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task FilesAreBoundedAndTheLastLinesAreKept()
    {
        using ContainerLog log = Start();
        Write(log, 0, 200);
        string[] files = [LogPath, LogPath + ".1", LogPath + ".2"];
        Assert.Equal(files.Order(), Directory.GetFiles(Path.GetDirectoryName(LogPath)!, "log*").Order());
        Assert.All(files, file => Assert.InRange(new FileInfo(file).Length, 1, MaxSize + Entry));
        int[] kept = await ReadAsync(s_all, log);
        Assert.Equal(Enumerable.Range(200 - kept.Length, kept.Length), kept);
        Assert.True(kept.Length > 2 * MaxSize / Entry, $"{kept.Length} lines");
        Assert.Equal(kept, await ReadAsync(s_all, live: null));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(25)]
    [InlineData(1000)]
    public async Task ATailCrossesFiles(int count)
    {
        using ContainerLog log = Start();
        Write(log, 0, 200);
        int[] all = await ReadAsync(s_all, log);
        Assert.Equal(all.TakeLast(count), await ReadAsync(s_all with { Tail = count }, log));
    }

    [Fact]
    public async Task AFollowerReadsOverEveryNewFile()
    {
        using ContainerLog log = Start();
        Write(log, 0, 3);
        await using IAsyncEnumerator<LogEntry> follower =
            LogReader.ReadAsync(LogPath, s_all with { Follow = true }, log, CancellationToken.None).GetAsyncEnumerator();
        for (int line = 0; line < 100; line++)
        {
            Assert.True(await follower.MoveNextAsync());
            Assert.Equal(line, Number(follower.Current));
            Write(log, line + 3, 1);
        }

        // Far behind: what is gone is skipped, the order stays.
        Write(log, 103, 200);
        log.Complete();
        List<int> rest = [];
        while (await follower.MoveNextAsync())
        {
            rest.Add(Number(follower.Current));
        }

        Assert.Equal(rest.Order(), rest);
        Assert.Equal(302, rest[^1]);
    }

    [Fact]
    public void OneFileIsBegunAnew()
    {
        using ContainerLog log = ContainerLog.Start(LogPath, _directory["position"], s_three with { MaxFiles = 1 });
        Write(log, 0, 200);
        Assert.Equal([LogPath], Directory.GetFiles(Path.GetDirectoryName(LogPath)!, "log*"));
        Assert.InRange(new FileInfo(LogPath).Length, 1, MaxSize + Entry);
    }

    /// <summary>The record of a new file is written, and the daemon dies before, between and after the renames.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void EveryByteCountsOnceWhereverTheDaemonDies(int step)
    {
        StreamOffsets written;
        using (ContainerLog log = Start())
        {
            Write(log, 0, MaxSize / Entry + 2);
            written = log.Written;
        }

        using (LogPosition position = LogPosition.Open(_directory["position"], out _))
        {
            position.Write(0, 0, written, written);
        }

        if (step > 0)
        {
            File.Move(LogPath, LogPath + ".1", overwrite: true);
        }

        if (step > 1)
        {
            File.WriteAllText(LogPath, "");
        }

        using ContainerLog resumed = ContainerLog.Resume(LogPath, _directory["position"], s_three);
        Assert.Equal(written, resumed.Written);
    }

    [Fact]
    public void WithoutALogNothingIsWritten()
    {
        using ContainerLog log = ContainerLog.Start(LogPath, _directory["position"], LogSettings.Parse("none", new Dictionary<string, string>()));
        Write(log, 0, 10);
        Assert.Equal(0, new FileInfo(LogPath).Length);
        Assert.Equal(log.Received, log.Written);
    }

    [Theory]
    [InlineData("", "", "True 0 1 True")]
    [InlineData("json-file", "max-size=10k max-file=3", "True 10240 3 True")]
    [InlineData("local", "", "True 20971520 5 True")]
    [InlineData("local", "max-size=1m max-file=2 compress=false", "True 1048576 2 True")]
    [InlineData("json-file", "mode=non-blocking max-buffer-size=4m labels=a tag=x", "True 0 1 False")]
    [InlineData("none", "", "False 0 1 True")]
    public void SettingsAreRead(string driver, string options, string expected)
    {
        LogSettings settings = LogSettings.Parse(driver, Options(options));
        Assert.Equal(expected, $"{settings.IsKept} {settings.MaxSize} {settings.MaxFiles} {settings.IsBlocking}");
    }

    [Theory]
    [InlineData("", "max-size=1k max-file=2", false)]
    [InlineData("", "max-size=1k max-file=2 compress=true", true)]
    [InlineData("local", "", true)]
    [InlineData("local", "compress=F", false)]
    public void WhatIsCompressed(string driver, string options, bool expected) =>
        Assert.Equal(expected, LogSettings.Parse(driver, Options(options)).Compresses);

    [Theory]
    [InlineData("syslog", "", "no log driver named 'syslog'")]
    [InlineData("", "size=1", "unknown log opt 'size' for json-file log driver")]
    [InlineData("", "max-size=much", "invalid value for max-size")]
    [InlineData("", "max-size=0", "invalid value for max-size")]
    [InlineData("", "max-file=2", "max-file cannot be set when max-size is not set")]
    [InlineData("", "max-size=1k max-file=0", "invalid value for max-file")]
    [InlineData("", "mode=later", "logging mode not supported: later")]
    [InlineData("", "max-buffer-size=1m", "only supported with 'mode=non-blocking'")]
    [InlineData("none", "max-size=1k", "takes no options")]
    [InlineData("local", "labels=a", "unknown log opt 'labels' for local log driver")]
    [InlineData("local", "tag=a", "unknown log opt 'tag' for local log driver")]
    [InlineData("", "compress=perhaps", "invalid value for compress: 'perhaps'")]
    [InlineData("", "compress=true max-size=1k", "compress cannot be true when max-file is less than 2 or max-size is not set")]
    [InlineData("", "compress=true", "compress cannot be true")]
    public void WrongSettingsAreRefused(string driver, string options, string words)
    {
        EngineException e = Assert.Throws<EngineException>(() => LogSettings.Parse(driver, Options(options)));
        Assert.Equal(EngineErrorKind.Invalid, e.Kind);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Options(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => pair[1]);

    private ContainerLog Start() => ContainerLog.Start(LogPath, _directory["position"], s_three);

    /// <summary>A line each, all in one piece: a batch holds many.</summary>
    private static void Write(ContainerLog log, int first, int count) => log.Append(
        OutputStream.Stdout,
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(first, count).Select(line => line.ToString("00000000", CultureInfo.InvariantCulture) + "\n"))));

    private async Task<int[]> ReadAsync(LogOptions options, ContainerLog? live)
    {
        List<int> lines = [];
        await foreach (LogEntry entry in LogReader.ReadAsync(LogPath, options, live, CancellationToken.None))
        {
            lines.Add(Number(entry));
        }

        return [.. lines];
    }

    private static int Number(LogEntry entry) => int.Parse(Encoding.ASCII.GetString(entry.Line.Span), CultureInfo.InvariantCulture);
}
