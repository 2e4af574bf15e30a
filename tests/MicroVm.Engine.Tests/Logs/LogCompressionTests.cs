using System.Globalization;
using System.IO.Compression;
using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;

namespace MicroVm.Engine.Tests.Logs;

/// <summary>Files that a log has left behind are compressed beside its writer, and read as if they were not.</summary>
public sealed class LogCompressionTests : IDisposable
{
    private static readonly LogOptions s_all = new(true, true, Follow: false, Tail: null, Since: null, Until: null);
    private static readonly LogSettings s_settings = new(IsKept: true, MaxSize: 4000, MaxFiles: 4, IsBlocking: true) { Compresses = true };

    private readonly TemporaryDirectory _directory = new();

    private string LogPath => _directory["log"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task OlderFilesAreCompressedAndRead()
    {
        using ContainerLog log = Start();
        Write(log, 0, 400);
        await CompressedAsync();
        Assert.Equal(["log", "log.1.gz", "log.2.gz", "log.3.gz"], Names());
        int[] kept = await ReadAsync(s_all, log);
        Assert.Equal(Enumerable.Range(400 - kept.Length, kept.Length), kept);
        Assert.True(kept.Length > 3 * 4000 / 90, $"{kept.Length} lines");
        foreach (int count in new[] { 1, 50, 100, kept.Length })
        {
            Assert.Equal(kept[^count..], await ReadAsync(s_all with { Tail = count }, log));
        }

        Assert.Equal(kept, await ReadAsync(s_all, live: null));
        Assert.Equal(["log", "log.1.gz", "log.2.gz", "log.3.gz"], Names());
    }

    /// <summary>Lines that come while files are renamed and compressed are all read, by one who follows and by one who comes later.</summary>
    [Fact]
    public async Task NothingIsLostBetweenRenamingAndCompressing()
    {
        using ContainerLog log = ContainerLog.Start(LogPath, _directory["position"], s_settings with { MaxFiles = 500 });
        Task<int[]> followed = Task.Run(() => ReadAsync(s_all with { Follow = true }, log));
        for (int line = 0; line < 2000; line += 10)
        {
            Write(log, line, 10);
            Assert.Equal(line + 9, (await ReadAsync(s_all with { Tail = 1 }, log)).Single());
        }

        log.Complete();
        Assert.Equal(Enumerable.Range(0, 2000), await followed);
        Assert.Equal(Enumerable.Range(0, 2000), await ReadAsync(s_all, log));
    }

    /// <summary>The daemon died when both were there: the plain file counts, and the next rotation leaves one.</summary>
    [Fact]
    public async Task APlainFileWinsOverACompressedOne()
    {
        using (ContainerLog log = Start())
        {
            Write(log, 0, 60);
        }

        int[] before = await ReadAsync(s_all, live: null);
        string older = LogPath + ".1";
        if (!File.Exists(older))
        {
            using FileStream plain = File.Create(older);
            using GZipStream gzip = new(File.OpenRead(older + ".gz"), CompressionMode.Decompress);
            gzip.CopyTo(plain);
        }

        File.WriteAllText(older + ".gz", "half of it");
        Assert.Equal(before, await ReadAsync(s_all, live: null));
        using (ContainerLog log = Start())
        {
            Write(log, 60, 60);
            await CompressedAsync();
        }

        Assert.Equal(Enumerable.Range(0, 120), await ReadAsync(s_all, live: null));
        Assert.DoesNotContain("log.1", Names());
    }

    [Fact]
    public async Task ADamagedFileIsReadAsFarAsItGoes()
    {
        File.WriteAllText(LogPath + ".1.gz", "no gzip");
        using ContainerLog log = Start();
        Write(log, 0, 1);
        Assert.Equal(0, (await ReadAsync(s_all, log)).Single());
    }

    private ContainerLog Start() => ContainerLog.Start(LogPath, _directory["position"], s_settings);

    private string[] Names() => [.. Directory.GetFiles(Path.GetDirectoryName(LogPath)!, "log*").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private async Task CompressedAsync()
    {
        for (int attempt = 0; Names().Any(name => name != "log" && !name.EndsWith(".gz", StringComparison.Ordinal)); attempt++)
        {
            Assert.True(attempt < 3000, string.Join(' ', Names()));
            await Task.Delay(10);
        }
    }

    private static void Write(ContainerLog log, int first, int count) => log.Append(
        OutputStream.Stdout,
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(first, count).Select(line => line.ToString("00000000", CultureInfo.InvariantCulture) + "\n"))));

    private async Task<int[]> ReadAsync(LogOptions options, ContainerLog? live)
    {
        List<int> lines = [];
        await foreach (LogEntry entry in LogReader.ReadAsync(LogPath, options, live, CancellationToken.None))
        {
            lines.Add(int.Parse(Encoding.ASCII.GetString(entry.Line.Span), CultureInfo.InvariantCulture));
        }

        return [.. lines];
    }
}
