using System.Text;
using MicroVm.Engine.Observation;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Observation;

public sealed class MeasurementReaderTests
{
    private static readonly DateTimeOffset s_now = new(2024, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void FilesBecomeFigures()
    {
        ContainerStats stats = Read(
            ("memory.current", "5242880\n"),
            ("memory.max", "max\n"),
            ("memory.stat", "anon 4096\nfile 1048576\ninactive_file 524288\n"),
            ("cpu.stat", "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\nnr_periods 0\n"),
            ("pids.current", "3\n"),
            ("pids.max", "100\n"),
            ("/proc/net/dev", "Inter-|   Receive                   |  Transmit\n face |bytes    packets errs\n    lo: 9 9 9 9 0 0 0 0 9 9 9 9 0 0 0 0\n  eth0: 1000 10 1 2 0 0 0 0 2000 20 3 4 0 0 0 0\n"),
            ("/proc/diskstats", " 254       0 vda 12 0 96 5 0 0 0 0 0 5 5 0 0 0 0 0 0\n 254      16 vdb 1 0 8 0 2 0 16 1 0 1 1\n   7       0 loop0 1 1 1 1 1 1 1 1 1 1 1\n"));
        Assert.Equal((5242880ul, 1ul << 30, 524288ul), (stats.Memory, stats.MemoryLimit, stats.MemoryParts["inactive_file"]));
        Assert.Equal((1_500_000ul, 1_000_000ul, 500_000ul), (stats.CpuTime, stats.UserTime, stats.KernelTime));
        Assert.Equal((20_000_000_000ul, 2, s_now), (stats.SystemTime, stats.Processors, stats.Time));
        Assert.Equal((3ul, 100ul), (stats.Processes, stats.ProcessLimit));
        Assert.Equal([new InterfaceStats("eth0", new(1000, 10, 1, 2), new(2000, 20, 3, 4))], stats.Interfaces);
        Assert.Equal([new DiskStats(254, 0, 12, 96 * 512, 0, 0), new DiskStats(254, 16, 1, 8 * 512, 2, 16 * 512)], stats.Disks);
    }

    [Fact]
    public void NoFilesAreNoFigures()
    {
        ContainerStats stats = Read();
        Assert.Equal((0ul, 0ul, 1ul << 30, null), (stats.Memory, stats.CpuTime, stats.MemoryLimit, stats.ProcessLimit));
        Assert.Empty(stats.Interfaces);
    }

    [Theory]
    [InlineData("memory.max", "512")]
    [InlineData("memory.current", "-1")]
    [InlineData("memory.current", "99999999999999999999999999")]
    [InlineData("memory.stat", "anon\nfile x\n 7\n\u0001\u0002 7\n=\n")]
    [InlineData("cpu.stat", "usage_usec 18446744073709551615\n")]
    [InlineData("/proc/net/dev", "eth0: 1 2\n: 1 2 3 4 5 6 7 8 9 10 11 12 13\neth1 1 2 3\n::::\n")]
    [InlineData("/proc/diskstats", "vda\n x y vda 1 2 3 4 5 6 7 8 9 10\n")]
    [InlineData("unknown", "anything")]
    public void RubbishIsNothing(string name, string content)
    {
        ContainerStats stats = Read((name, content));
        Assert.True(stats.MemoryLimit <= 1ul << 30);
        Assert.All(stats.Interfaces, network => Assert.NotEqual("", network.Name));
        Assert.All(stats.MemoryParts.Keys, key => Assert.True(key.All(char.IsAscii) && !key.Any(char.IsControl)));
    }

    [Fact]
    public void AnInterfacesNameIsMadeFitToShow()
    {
        ContainerStats stats = Read(("/proc/net/dev", "a\u001b[2J: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"));
        Assert.DoesNotContain('\u001b', Assert.Single(stats.Interfaces).Name);
    }

    [Fact]
    public void AProcessIsReadFromItsStat()
    {
        const string Stat = "42 (a) b (c) S 1 42 40 34816 42 4194304 0 0 0 0 250 50 0 0 20 5 3 0 1000 8388608 256 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0";
        ContainerProcess process = Process(Stat, "sh\0-c\0echo \u001b[1m\0");
        Assert.Equal((42u, 1u, 42u, 40u, 'S', "pts/0"), (process.Pid, process.ParentPid, process.Group, process.Session, process.State, process.Terminal));
        Assert.Equal(("a) b (c", "sh -c echo  [1m"), (process.Name, process.CommandLine));
        Assert.Equal((TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(90)), (process.CpuTime, process.Age));
        Assert.Equal((8388608L, 1048576L, 5L, 3L, 1L), (process.VirtualSize, process.ResidentSize, process.Nice, process.Threads, process.Processor));
        Assert.Equal(1048576.0 / (1 << 30), process.MemoryShare);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("7", "\0\0\0")]
    [InlineData("7 (x", "")]
    [InlineData(")(", "")]
    [InlineData("7 () \u0001 -1 -1 -1 -1 -1 -1 -1 -1 -1 -1 -9223372036854775808 9223372036854775807 1 1 1 1 1 1 9223372036854775807 -5 9223372036854775807", "")]
    public void ARubbishProcessIsShownAllTheSame(string stat, string arguments)
    {
        ContainerProcess process = Process(stat, arguments);
        Assert.Equal(42u, process.Pid);
        Assert.True(process.Age >= TimeSpan.Zero && process.CpuTime >= TimeSpan.Zero && process.ResidentSize >= 0 && process.VirtualSize >= 0);
        Assert.NotEqual("", process.CommandLine);
    }

    private static ContainerProcess Process(string stat, string arguments) =>
        ContainerProcess.Of(new(42, 0, Encoding.UTF8.GetBytes(stat), Encoding.UTF8.GetBytes(arguments)), 100_000_000_000, 1 << 30);

    private static ContainerStats Read(params (string Name, string Content)[] files) => MeasurementReader.Read(
        new(10_000_000_000, [.. files.Select(file => new KernelFile(file.Name, Encoding.Latin1.GetBytes(file.Content)))]), 2, 1 << 30, s_now);
}
