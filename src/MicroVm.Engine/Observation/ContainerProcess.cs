using System.Globalization;
using System.Text;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Observation;

/// <summary>A process of a container, as its guest tells of it. Pids are those of the VM, not of the container's namespace.</summary>
public sealed record ContainerProcess
{
    private const double TicksPerSecond = 100;
    private const long PageSize = 4096;

    public required uint Pid { get; init; }

    public required uint Uid { get; init; }

    public uint ParentPid { get; init; }

    public uint Group { get; init; }

    public uint Session { get; init; }

    /// <summary>R, S, D, Z, T, … (ps(1)).</summary>
    public char State { get; init; } = '?';

    /// <summary><c>pts/0</c>; <c>?</c>: none.</summary>
    public string Terminal { get; init; } = "?";

    public TimeSpan CpuTime { get; init; }

    /// <summary>Since its start.</summary>
    public TimeSpan Age { get; init; }

    public long Nice { get; init; }

    public long Priority { get; init; }

    public long Threads { get; init; }

    /// <summary>Bytes.</summary>
    public long VirtualSize { get; init; }

    /// <summary>Bytes.</summary>
    public long ResidentSize { get; init; }

    /// <summary>Part of the VM's memory: 0–1.</summary>
    public double MemoryShare { get; init; }

    /// <summary>Processor it ran on last.</summary>
    public long Processor { get; init; }

    /// <summary>At most 15 characters.</summary>
    public required string Name { get; init; }

    /// <summary>Its arguments, separated by blanks; of one without (a zombie) its name in brackets.</summary>
    public required string CommandLine { get; init; }

    /// <param name="uptime">Nanoseconds since the guest's start.</param>
    /// <param name="memory">Of the VM, bytes.</param>
    internal static ContainerProcess Of(ProcessInfo info, ulong uptime, long memory)
    {
        string stat = Encoding.UTF8.GetString(info.Stat);
        (int open, int close) = (stat.IndexOf('('), stat.LastIndexOf(')'));
        string name = open >= 0 && open < close ? OneLine.Of(stat[(open + 1)..close], 64) : "?";
        // The first is field 3 of proc(5).
        string[] fields = close < 0 ? [] : stat[(close + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        long At(int field) => field - 3 < fields.Length
            && long.TryParse(fields[field - 3], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;
        return new()
        {
            Pid = info.Pid,
            Uid = info.Uid,
            State = fields is [[var state], ..] && char.IsAsciiLetter(state) ? state : '?',
            ParentPid = unchecked((uint)At(4)),
            Group = unchecked((uint)At(5)),
            Session = unchecked((uint)At(6)),
            Terminal = TerminalName(At(7)),
            CpuTime = Ticks(At(14)) + Ticks(At(15)),
            Priority = At(18),
            Nice = At(19),
            Threads = At(20),
            Age = Later(TimeSpan.FromTicks((long)Math.Min(uptime / 100, (ulong)TimeSpan.FromDays(36500).Ticks)), Ticks(At(22))),
            VirtualSize = Math.Max(At(23), 0),
            ResidentSize = Resident(At(24)),
            MemoryShare = Math.Min(1, (double)Resident(At(24)) / memory),
            Processor = At(39),
            Name = name,
            CommandLine = CommandLineOf(info.Arguments, name),
        };
    }

    private static long Resident(long pages) => Math.Clamp(pages, 0, long.MaxValue / PageSize) * PageSize;

    private static string CommandLineOf(byte[] arguments, string name)
    {
        string text = OneLine.Of(Encoding.UTF8.GetString(arguments).Replace('\0', ' ').TrimEnd(), int.MaxValue);
        return text.Length > 0 ? text : $"[{name}]";
    }

    private static TimeSpan Ticks(long ticks) => TimeSpan.FromSeconds(Math.Clamp(ticks, 0, (long)(TimeSpan.FromDays(36500).TotalSeconds * TicksPerSecond)) / TicksPerSecond);

    private static TimeSpan Later(TimeSpan now, TimeSpan start) => now > start ? now - start : TimeSpan.Zero;

    /// <summary>Device numbers 136:N are pseudo-terminals (the kernel's devices.txt).</summary>
    private static string TerminalName(long device)
    {
        long major = (device >> 8) & 0xfff;
        long minor = (device & 0xff) | ((device >> 12) & 0xfff00);
        return major is >= 136 and <= 143 ? string.Create(CultureInfo.InvariantCulture, $"pts/{((major - 136) << 8) + minor}") : "?";
    }
}
