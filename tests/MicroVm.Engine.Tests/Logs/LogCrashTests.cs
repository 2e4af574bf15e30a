using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Logs;

namespace MicroVm.Engine.Tests.Logs;

/// <summary>A daemon may die between any two writes: a guest that resends from the resumed offset makes the log whole.</summary>
public sealed class LogCrashTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string LogPath => _directory["log"];

    private string PositionPath => _directory["position"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ResumesAfterTheLastWholeLine()
    {
        using (ContainerLog log = ContainerLog.Start(LogPath, PositionPath))
        {
            log.Append(OutputStream.Stdout, "one\ntwo"u8);
            log.Append(OutputStream.Stderr, "e\n"u8);
        }

        using ContainerLog resumed = ContainerLog.Resume(LogPath, PositionPath);
        Assert.Equal(new StreamOffsets(4, 2), resumed.Written);
    }

    [Fact]
    public void EveryCutOfTheLastBatchLeavesEachByteExactlyOnce()
    {
        byte[] sent = Encoding.ASCII.GetBytes("alpha\nbeta\ngamma\ndelta\nepsilon\n");
        long before = WriteAll(sent.AsSpan(0, 11));
        byte[] position = File.ReadAllBytes(PositionPath);
        long after = WriteRest(sent);
        byte[] positionAfter = File.ReadAllBytes(PositionPath);
        byte[] whole = File.ReadAllBytes(LogPath);

        // Died before the record was written: nothing of the batch is there.
        AssertWhole(sent, whole.AsSpan(0, (int)before), position);
        for (long cut = before; cut <= after; cut++)
        {
            AssertWhole(sent, whole.AsSpan(0, (int)cut), positionAfter);
        }
    }

    [Fact]
    public void ATornRecordFallsBackToTheOneBefore()
    {
        WriteAll("one\n"u8);
        byte[] position = File.ReadAllBytes(PositionPath);
        using (ContainerLog log = ContainerLog.Resume(LogPath, PositionPath))
        {
            log.Append(OutputStream.Stdout, "two\n"u8);
        }

        byte[] torn = File.ReadAllBytes(PositionPath);
        int changed = Enumerable.Range(0, torn.Length).First(i => i >= position.Length || torn[i] != position[i]) / 64 * 64;
        torn[changed + 20] ^= 1;
        File.WriteAllBytes(PositionPath, torn);
        File.WriteAllText(LogPath, File.ReadAllLines(LogPath)[0] + "\n");
        using ContainerLog resumed = ContainerLog.Resume(LogPath, PositionPath);
        Assert.Equal(4, resumed.Written.Stdout);
    }

    [Fact]
    public void ANewRunCountsFromZero()
    {
        WriteAll("one\n"u8);
        using (ContainerLog second = ContainerLog.Start(LogPath, PositionPath))
        {
            Assert.Equal(default, second.Written);
        }

        using ContainerLog resumed = ContainerLog.Resume(LogPath, PositionPath);
        Assert.Equal(default, resumed.Written);
        Assert.True(resumed.Extent.Length > 0);
    }

    private long WriteAll(ReadOnlySpan<byte> bytes)
    {
        using ContainerLog log = ContainerLog.Start(LogPath, PositionPath);
        log.Append(OutputStream.Stdout, bytes);
        return log.Extent.Length;
    }

    private long WriteRest(byte[] sent)
    {
        using ContainerLog log = ContainerLog.Resume(LogPath, PositionPath);
        log.Append(OutputStream.Stdout, sent.AsSpan((int)log.Written.Stdout));
        return log.Extent.Length;
    }

    private void AssertWhole(byte[] sent, ReadOnlySpan<byte> log, byte[] position)
    {
        File.WriteAllBytes(LogPath, log);
        File.WriteAllBytes(PositionPath, position);
        WriteRest(sent);
        string logged = string.Concat(LogReader.Read(LogFiles.Open(LogPath)).Select(e => Encoding.ASCII.GetString(e.Line.Span)));
        Assert.Equal(Encoding.ASCII.GetString(sent), logged);
    }
}
