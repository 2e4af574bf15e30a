using System.Diagnostics;
using MicroVm.Interop.Cpu;

namespace MicroVm.Interop.Tests;

public sealed class TimestampCounterTests
{
    /// <summary>Two counters made apart measure one rate.</summary>
    [Fact]
    public void TheRateIsTheSameEachTime()
    {
        double first = new TimestampCounter().MeasureKilohertz();
        Thread.Sleep(50);
        double second = new TimestampCounter().MeasureKilohertz();
        Assert.InRange(first, 500_000, 10_000_000);
        Assert.InRange(second / first, 0.999, 1.001);
    }

    [Fact]
    public void TheFirstMeasurementTakesItsTime()
    {
        long start = Stopwatch.GetTimestamp();
        _ = new TimestampCounter().MeasureKilohertz();
        Assert.True(Stopwatch.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(20));
    }
}
