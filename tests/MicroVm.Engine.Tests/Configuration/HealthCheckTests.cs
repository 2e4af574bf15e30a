using MicroVm.Engine.Health;

namespace MicroVm.Engine.Tests.Configuration;

public class HealthCheckTests
{
    private static readonly HealthCheck s_image = new()
    {
        Test = ["CMD-SHELL", "curl localhost"],
        Interval = TimeSpan.FromSeconds(7),
        StartPeriod = TimeSpan.FromSeconds(8),
        Retries = 9,
    };

    [Fact]
    public void WhatTheContainerDoesNotSayIsTheImages()
    {
        HealthCheck merged = HealthCheck.Merge(new() { Interval = TimeSpan.FromSeconds(1) }, s_image)!.WithDefaults();
        Assert.Equal(s_image.Test, merged.Test);
        Assert.Equal((1, 30, 8, 5, 9), (Seconds(merged.Interval), Seconds(merged.Timeout), Seconds(merged.StartPeriod), Seconds(merged.StartInterval), merged.Retries));
    }

    [Fact]
    public void WhatNobodySaysIsDockersDefault()
    {
        HealthCheck merged = HealthCheck.Merge(new() { Test = ["CMD", "true"] }, null)!.WithDefaults();
        Assert.Equal((30, 30, 0, 5, 3), (Seconds(merged.Interval), Seconds(merged.Timeout), Seconds(merged.StartPeriod), Seconds(merged.StartInterval), merged.Retries));
    }

    [Fact]
    public void NoneIsNone()
    {
        Assert.Null(HealthCheck.Merge(null, null));
        Assert.Null(HealthCheck.Merge(new() { Test = ["NONE"] }, s_image));
        Assert.Null(HealthCheck.Merge(new() { Retries = 4 }, new() { Test = ["NONE"] }));
    }

    [Fact]
    public void TheShellIsTheImagesWhereItNamesOne()
    {
        Assert.Equal(["/bin/sh", "-c", "curl localhost"], s_image.Command(null));
        Assert.Equal(["/bin/bash", "-e", "curl localhost"], s_image.Command(["/bin/bash", "-e"]));
        Assert.Equal(["a", "b"], new HealthCheck { Test = ["CMD", "a", "b"] }.Command(null));
        Assert.Null(new HealthCheck { Test = ["CMD"] }.Command(null));
        Assert.Null(new HealthCheck { Test = ["else", "x"] }.Command(null));
    }

    [Fact]
    public void FailuresCountFromTheEndOfTheStartPeriodOrTheFirstSuccess()
    {
        HealthState state = HealthState.Starting.After(Probe(1), isStarting: true, retries: 2);
        Assert.Equal((HealthStatus.Starting, 0), (state.Status, state.FailingStreak));
        state = state.After(Probe(0), isStarting: true, retries: 2);
        Assert.Equal(HealthStatus.Healthy, state.Status);
        state = state.After(Probe(1), isStarting: true, retries: 2);
        Assert.Equal((HealthStatus.Healthy, 1), (state.Status, state.FailingStreak));
        state = state.After(Probe(-1), isStarting: false, retries: 2);
        Assert.Equal((HealthStatus.Unhealthy, 2), (state.Status, state.FailingStreak));
        state = state.After(Probe(0), isStarting: false, retries: 2).After(Probe(7), isStarting: false, retries: 2);
        Assert.Equal((HealthStatus.Healthy, 1), (state.Status, state.FailingStreak));
        Assert.Equal([0, 1, -1, 0, 7], state.Log.Select(p => p.ExitCode));
    }

    private static ProbeResult Probe(int exitCode) => new(default, default, exitCode, "");

    private static int Seconds(TimeSpan time) => (int)time.TotalSeconds;
}
