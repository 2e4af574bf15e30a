using System.Globalization;
using MicroVm.Engine.Observation;

namespace MicroVm.Daemon.Endpoints;

/// <summary>One column of ps(1).</summary>
internal sealed record ProcessColumn(string Title, Func<ContainerProcess, DateTimeOffset, string> Render)
{
    /// <param name="text">Its name, or <c>name=TITLE</c>.</param>
    /// <exception cref="ApiException">400: there is none of that name.</exception>
    public static ProcessColumn Parse(string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? text : text[..equals];
        ProcessColumn known = Find(name)
            ?? throw ApiException.BadRequest($"top: unknown ps column \"{(name.Length > 60 ? name[..60] : name)}\"");
        return equals < 0 ? known : known with { Title = text[(equals + 1)..] };
    }

    private static ProcessColumn? Find(string name) => name switch
    {
        "pid" or "tgid" => new("PID", (p, _) => Number(p.Pid)),
        "ppid" => new("PPID", (p, _) => Number(p.ParentPid)),
        "pgid" or "pgrp" => new("PGID", (p, _) => Number(p.Group)),
        "sid" or "sess" or "session" => new("SID", (p, _) => Number(p.Session)),
        "uid" or "euid" => new("UID", (p, _) => Number(p.Uid)),
        "user" or "euser" or "uname" => new("USER", (p, _) => User(p)),
        "tty" or "tt" or "tname" => new(name == "tty" ? "TTY" : "TT", (p, _) => p.Terminal),
        "c" or "cp" => new("C", (p, _) => Number((long)Share(p))),
        "%cpu" or "pcpu" => new("%CPU", (p, _) => Share(p).ToString("0.0", CultureInfo.InvariantCulture)),
        "vsz" or "vsize" => new("VSZ", (p, _) => Number(p.VirtualSize / 1024)),
        "rss" or "rssize" or "rsz" => new("RSS", (p, _) => Number(p.ResidentSize / 1024)),
        "sz" => new("SZ", (p, _) => Number(p.VirtualSize / 4096)),
        "ni" or "nice" => new("NI", (p, _) => Number(p.Nice)),
        "pri" => new("PRI", (p, _) => Number(39 - p.Priority)),
        "nlwp" or "thcount" => new("NLWP", (p, _) => Number(p.Threads)),
        "psr" => new("PSR", (p, _) => Number(p.Processor)),
        "f" or "flag" or "flags" => new("F", (_, _) => "0"),
        _ => FindState(name) ?? FindTime(name) ?? FindText(name),
    };

    private static ProcessColumn? FindState(string name) => name switch
    {
        "s" or "state" => new("S", (p, _) => p.State.ToString()),
        "stat" => new("STAT", (p, _) => StateOf(p)),
        "%mem" or "pmem" => new("%MEM", (p, _) => (p.MemoryShare * 100).ToString("0.0", CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static ProcessColumn? FindTime(string name) => name switch
    {
        "time" or "cputime" => new("TIME", (p, _) => Clock(p.CpuTime)),
        "bsdtime" => new("TIME", (p, _) => $"{(long)p.CpuTime.TotalMinutes}:{p.CpuTime.Seconds:00}"),
        "etime" => new("ELAPSED", (p, _) => Elapsed(p.Age)),
        "etimes" => new("ELAPSED", (p, _) => Number((long)p.Age.TotalSeconds)),
        "start" or "start_time" or "bsdstart" => new("START", Started),
        "stime" => new("STIME", Started),
        "lstart" => new("STARTED", (p, now) => (now - p.Age).ToString("ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture)),
        _ => null,
    };

    private static ProcessColumn? FindText(string name) => name switch
    {
        "comm" or "ucmd" or "ucomm" => new("COMMAND", (p, _) => p.Name),
        "args" or "command" => new("COMMAND", (p, _) => p.CommandLine),
        "cmd" => new("CMD", (p, _) => p.CommandLine),
        _ => null,
    };

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // The image's names are the image's; 0 is the same in all.
    private static string User(ContainerProcess process) => process.Uid == 0 ? "root" : Number(process.Uid);

    private static double Share(ContainerProcess process) =>
        process.Age > TimeSpan.Zero ? Math.Min(99, process.CpuTime / process.Age * 100) : 0;

    private static string StateOf(ContainerProcess process) => string.Concat(
        process.State.ToString(),
        process.Nice < 0 ? "<" : process.Nice > 0 ? "N" : "",
        process.Session == process.Pid ? "s" : "",
        process.Threads > 1 ? "l" : "");

    private static string Clock(TimeSpan time) =>
        $"{(time.TotalDays >= 1 ? Number((long)time.TotalDays) + "-" : "")}{time.Hours:00}:{time.Minutes:00}:{time.Seconds:00}";

    private static string Elapsed(TimeSpan time) => time.TotalHours >= 1 ? Clock(time) : $"{time.Minutes:00}:{time.Seconds:00}";

    /// <summary>The time of day, of an older one the day.</summary>
    private static string Started(ContainerProcess process, DateTimeOffset now) =>
        (now - process.Age).ToString(process.Age < TimeSpan.FromDays(1) ? "HH:mm" : "MMMdd", CultureInfo.InvariantCulture);
}
