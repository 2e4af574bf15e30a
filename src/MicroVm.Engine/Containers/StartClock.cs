using System.Diagnostics;

namespace MicroVm.Engine.Containers;

/// <summary>Measures the steps of a start, in milliseconds.</summary>
internal sealed class StartClock
{
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<string, double> _steps = [];
    private long _last = Stopwatch.GetTimestamp();

    public IReadOnlyDictionary<string, double> Steps => new Dictionary<string, double>(_steps);

    /// <summary>Ends a step: it took the time since the one before ended.</summary>
    public void Mark(string step)
    {
        long now = Stopwatch.GetTimestamp();
        _steps[step] = Milliseconds(_last, now);
        _last = now;
    }

    /// <summary>Ends the start as a whole.</summary>
    public void MarkTotal() => _steps["total"] = Total();

    public double Total() => Milliseconds(_start, Stopwatch.GetTimestamp());

    private static double Milliseconds(long from, long to) => Math.Round(Stopwatch.GetElapsedTime(from, to).TotalMilliseconds, 2);
}
