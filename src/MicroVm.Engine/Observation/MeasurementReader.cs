using System.Globalization;
using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Observation;

/// <summary>Makes sense of the kernel files of a guest, which may hold anything: what can't be read counts as nothing.</summary>
internal static class MeasurementReader
{
    private const int SectorSize = 512;
    private const ulong NanosecondsPerMicrosecond = 1000;
    private const int MaxName = 64;

    /// <param name="processors">vCPUs of the VM.</param>
    /// <param name="memory">Its memory, bytes.</param>
    public static ContainerStats Read(Measurement measurement, int processors, long memory, DateTimeOffset now)
    {
        Dictionary<string, string> files = [];
        foreach (KernelFile file in measurement.Files)
        {
            files[file.Name] = Encoding.Latin1.GetString(file.Content);
        }

        string Text(string name) => files.GetValueOrDefault(name, "");
        Dictionary<string, ulong> cpu = Pairs(Text("cpu.stat"));
        return new()
        {
            Time = now,
            SystemTime = unchecked(measurement.Uptime * (ulong)processors),
            Processors = processors,
            CpuTime = unchecked(cpu.GetValueOrDefault("usage_usec") * NanosecondsPerMicrosecond),
            KernelTime = unchecked(cpu.GetValueOrDefault("system_usec") * NanosecondsPerMicrosecond),
            UserTime = unchecked(cpu.GetValueOrDefault("user_usec") * NanosecondsPerMicrosecond),
            Memory = Number(Text("memory.current")) ?? 0,
            MemoryLimit = Math.Min(Number(Text("memory.max")) ?? ulong.MaxValue, (ulong)memory),
            MemoryParts = Pairs(Text("memory.stat")),
            Processes = Number(Text("pids.current")) ?? 0,
            ProcessLimit = Number(Text("pids.max")),
            Interfaces = [.. Lines(Text("/proc/net/dev")).Select(Interface).OfType<InterfaceStats>()],
            Disks = [.. Lines(Text("/proc/diskstats")).Select(Disk).OfType<DiskStats>()],
        };
    }

    /// <summary>"name 123" a line.</summary>
    private static Dictionary<string, ulong> Pairs(string text)
    {
        Dictionary<string, ulong> pairs = [];
        foreach (string line in Lines(text))
        {
            if (line.Split(' ') is [var name, var value] && IsName(name) && Number(value) is { } number)
            {
                pairs[name] = number;
            }
        }

        return pairs;
    }

    /// <summary>"eth0: bytes packets errs drop fifo frame compressed multicast bytes packets …" (proc(5)).</summary>
    private static InterfaceStats? Interface(string line)
    {
        int colon = line.LastIndexOf(':');
        string name = colon < 0 ? "" : line[..colon].Trim();
        ulong[] numbers = colon < 0 ? [] : Numbers(line[(colon + 1)..]);
        return name is "" or "lo" || numbers.Length < 12
            ? null
            : new(OneLine.Of(name, MaxName), Traffic(numbers, 0), Traffic(numbers, 8));
    }

    private static TrafficStats Traffic(ulong[] numbers, int first) =>
        new(numbers[first], numbers[first + 1], numbers[first + 2], numbers[first + 3]);

    /// <summary>"major minor name reads merged sectors ms writes merged sectors …" (the kernel's iostats.rst). Of the VM's disks alone.</summary>
    private static DiskStats? Disk(string line)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 11 || words[2] is not ['v', 'd', >= 'a' and <= 'z'])
        {
            return null;
        }

        ulong At(int index) => Number(words[index]) ?? 0;
        return new(At(0), At(1), At(3), unchecked(At(5) * SectorSize), At(7), unchecked(At(9) * SectorSize));
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static ulong[] Numbers(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => Number(word) ?? 0)];

    private static bool IsName(string name) =>
        name.Length is > 0 and <= MaxName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');

    private static ulong? Number(string text) =>
        ulong.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : null;
}
