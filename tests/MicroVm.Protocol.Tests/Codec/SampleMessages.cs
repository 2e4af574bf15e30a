using MicroVm.Protocol.Messages;

namespace MicroVm.Protocol.Tests.Codec;

/// <summary>A message for every golden vector, by the vector's name.</summary>
internal static class SampleMessages
{
    public static IReadOnlyDictionary<string, (uint Id, IMessage Message)> All { get; } =
        new Dictionary<string, (uint, IMessage)>(Handshake().Concat(Setups()).Concat(Processes()).Concat(Starts()).Concat(Tools()).Concat(Streams()).Concat(Observations()));

    private static KeyValuePair<string, (uint, IMessage)> Named(string name, uint id, IMessage message) => new(name, (id, message));

    private static byte[] Bytes(int count, int first = 0) => [.. Enumerable.Range(first, count).Select(i => (byte)i)];

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Handshake()
    {
        yield return Named("hello.plain", 1, new Hello(1, 1, Bytes(32), 1_700_000_000_000_000_000, 262144, Bytes(32, 100)));
        yield return Named("hello.empty", 0, new Hello(0, 0, [], 0, 0, []));
        yield return Named("hello.extreme", uint.MaxValue, new Hello(
            uint.MaxValue, uint.MaxValue, Bytes(32, 224), ulong.MaxValue, uint.MaxValue, Bytes(64, 192)));
        yield return Named("hello-reply.plain", 1, new HelloReply(
            1, Bytes(32), "agent 0.1.0", "6.1.140", 134_217_728, 120_000_000, 400_000_000, true,
            [new ProcessState(1, 17, 1, 2, 3, 70_000, 65_536, false, 1_000_000, 0), new ProcessState(2, 0, 0, 4, 0, 0, 0, true, 5, 0)]));
        yield return Named("hello-reply.empty", 0, new HelloReply(0, [], "", "", 0, 0, 0, false, []));
        yield return Named("hello-reply.extreme", uint.MaxValue, new HelloReply(
            uint.MaxValue, Bytes(32, 200), new string('b', 64), string.Concat(Enumerable.Repeat("é", 64)), ulong.MaxValue,
            ulong.MaxValue, ulong.MaxValue, true, [.. Enumerable.Repeat(new ProcessState(
                uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, ulong.MaxValue, ulong.MaxValue, true,
                ulong.MaxValue, ulong.MaxValue), 17)]));
        yield return Named("goodbye.plain", 0, new Goodbye("wrong token"));
        yield return Named("goodbye.rest", 0, new Goodbye("rest"));
        yield return Named("goodbye.empty", 0, new Goodbye(""));
        yield return Named("goodbye.longest", 0, new Goodbye(new string('r', 1024)));
    }

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Setups()
    {
        yield return Named("setup.plain", 2, new Setup(
            new RootFileSystem(1, 2, false), "web", "example.org",
            [
                new Mount("tmpfs", "tmpfs", "/tmp", 6, "mode=1777,size=65536k"), new Mount("proc", "proc", "/proc", 14, ""),
                new Mount("share", "0/a/sub", "/data", 1, "", Populate: true),
            ],
            [new InjectedFile("/etc/hosts", 420, "127.0.0.1\tlocalhost\n"u8.ToArray())],
            [new NetworkInterface(3, "eth0", ["10.0.2.15/24", "fec0::15/64"], ["10.0.2.2"], 1500, [0x52, 0x54, 0, 0x12, 0x34, 0x56])],
            [new Sysctl("net.ipv4.ip_unprivileged_port_start", "0")],
            ["/proc/kcore", "/proc/keys"], ["/proc/sys"], false, 67_108_864));
        yield return Named("setup.empty", 0, new Setup(
            new RootFileSystem(0, 0, false), "", "", [], [], [], [], [], [], false, 0));
        yield return Named("setup.extreme", uint.MaxValue, new Setup(
            new RootFileSystem(uint.MaxValue, uint.MaxValue, true), new string('h', 64), new string('d', 64),
            [.. Enumerable.Repeat(new Mount(new string('t', 32), "", new string('/', 256), ulong.MaxValue, ""), 16)],
            [new InjectedFile("", uint.MaxValue, []), new InjectedFile("/x", 0, Bytes(256))],
            [new NetworkInterface(uint.MaxValue, new string('n', 15), ["", ""], [], uint.MaxValue, [])],
            [.. Enumerable.Repeat(new Sysctl("", ""), 64)], [""], [.. Enumerable.Repeat("/", 64)], true, ulong.MaxValue));
    }

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Processes()
    {
        yield return Named("ok", 2, new Ok());
        yield return Named("failure.plain", 3, new Failure(
            FailureKind.NotFound, 2, "exec: \"nope\": executable file not found in $PATH"));
        yield return Named("failure.empty", 0, new Failure(FailureKind.Internal, 0, ""));
        yield return Named("failure.extreme", uint.MaxValue, new Failure(
            (FailureKind)uint.MaxValue, uint.MaxValue, string.Concat(Enumerable.Repeat("🛑", 256))));
        yield return Named("started.plain", 3, new Started(17));
        yield return Named("started.extreme", uint.MaxValue, new Started(uint.MaxValue));
        yield return Named("exited.plain", 0, new Exited(1, 3, 0, false));
        yield return Named("exited.killed", 0, new Exited(2, 137, 9, true));
        yield return Named("forget", 0, new Forget(1));
        yield return Named("kill.plain", 4, new Kill(1, 15));
        yield return Named("kill.extreme", uint.MaxValue, new Kill(uint.MaxValue, uint.MaxValue));
        yield return Named("resize", 5, new Resize(1, 24, 80));
        yield return Named("shutdown", 128, new Shutdown());
    }

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Observations()
    {
        yield return Named("measure", 2, new Measure());
        yield return Named("measurement.plain", 3, new Measurement(1000, [new("pids.max", "max\n"u8.ToArray())]));
        yield return Named("measurement.empty", 0, new Measurement(0, []));
        yield return Named("list-processes.plain", 4, new ListProcesses(0));
        yield return Named("list-processes.extreme", uint.MaxValue, new ListProcesses(uint.MaxValue));
        yield return Named("process-list.plain", 4, new ProcessList(0, [new(7, 0, "7 (sh) S 1"u8.ToArray(), "sh\0"u8.ToArray())], false));
        yield return Named("process-list.empty", 0, new ProcessList(0, [], true));
        yield return Named("adjust.plain", 5, new Adjust(0x17979cfe362a0000, 0, 256, Stillness.Leave));
        yield return Named("adjust.extreme", uint.MaxValue, new Adjust(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, Stillness.Release));
    }

    private static Start Start(int oomScoreAdjust, params string[] arguments) => new(
        0, false, arguments, [], "", "", [], 0, false, [], false, 0, 0, 0, 0, 0, oomScoreAdjust, false);

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Starts()
    {
        yield return Named("start.plain", 3, new Start(
            1, true, ["python3", "-c", "print(42)"], ["PATH=/usr/bin:/bin", "LANG=C.UTF-8", "EMPTY="], "/srv", "www-data:33",
            ["audio", "44"], 0xa80425fb, true, [new ResourceLimit(7, 1024, 524_288), new ResourceLimit(4, 0, ulong.MaxValue)],
            true, 24, 80, 1, 2, 3, -500, true));
        yield return Named("start.empty", 0, Start(0));
        yield return Named("start.extreme", uint.MaxValue, new Start(
            uint.MaxValue, true, [.. Enumerable.Repeat("", 4096)], ["=", "é=✓🎉"], new string('/', 4096), new string('u', 256),
            [.. Enumerable.Repeat("g", 256)], ulong.MaxValue, true,
            [.. Enumerable.Repeat(new ResourceLimit(uint.MaxValue, ulong.MaxValue, ulong.MaxValue), 32)],
            true, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, uint.MaxValue, int.MaxValue, true));
        foreach (int length in (int[])[31, 32, 255, 256, 65536])
        {
            yield return Named($"start.argument-{length}", 1, Start(0, new string('a', length)));
        }

        foreach (int count in (int[])[15, 16])
        {
            yield return Named($"start.arguments-{count}", 1, Start(0, [.. Enumerable.Repeat("a", count)]));
        }

        foreach (int number in (int[])[127, 128, 32767, 65536, -1, -32, -33, -128, -129, -32768, -32769, int.MinValue])
        {
            yield return Named($"start.oom{number}", 1, Start(number));
        }
    }

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Tools()
    {
        yield return Named("start-tool.plain", 6, new StartTool(9, ToolKind.Archive, "/srv/www/", "www", "", false, false, true, 0, 28, 29));
        yield return Named("start-tool.extract", 7, new StartTool(
            536_870_913, ToolKind.Extract, "/", "", "www-data:33", true, true, false, 1_610_612_739, 1_610_612_740, 1_610_612_741));
        yield return Named("start-tool.empty", 0, new StartTool(0, ToolKind.Stat, "", "", "", false, false, false, 0, 0, 0));
        yield return Named("start-tool.extreme", uint.MaxValue, new StartTool(
            uint.MaxValue, (ToolKind)uint.MaxValue, new string('/', 4096), new string('n', 4096), new string('u', 256), true, true, true,
            uint.MaxValue, uint.MaxValue, uint.MaxValue));
    }

    private static IEnumerable<KeyValuePair<string, (uint, IMessage)>> Streams()
    {
        yield return Named("data.empty", 0, new Data(0, 0, []));
        foreach (int length in (int[])[1, 255, 256, 65536])
        {
            yield return Named($"data.{length}", 0, new Data(2, (ulong)length << 24, Bytes(length, length)));
        }

        foreach (ulong offset in (ulong[])[127, 128, 255, 256, 65535, 65536, uint.MaxValue, 1ul << 32, ulong.MaxValue])
        {
            yield return Named($"ack.{offset}", 0, new Ack((uint)Math.Min(offset, uint.MaxValue), offset));
        }

        yield return Named("end", 0, new End(2, 1_000_000));
        yield return Named("stop", 0, new Stop(1));
    }
}
