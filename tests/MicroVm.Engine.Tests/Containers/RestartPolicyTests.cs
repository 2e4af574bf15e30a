using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>Containers that are started again, and those that are not.</summary>
public sealed class RestartPolicyTests : InMemoryTests
{
    private static readonly RestartPolicy s_always = new(RestartMode.Always);
    private static readonly RestartPolicy s_unlessStopped = new(RestartMode.UnlessStopped);

    [Theory]
    [InlineData("3", 0)]
    [InlineData("3", 2)]
    public async Task AFailureIsTriedAgainAsOftenAsThePolicySays(string code, int retries)
    {
        string id = await _engine.CreateAsync(Spec(new(RestartMode.OnFailure, retries), "exit", code));
        Task<ContainerExit> first = Service.Wait(id, WaitCondition.NextExit).Result;
        await Service.StartAsync(id, CancellationToken.None);
        Assert.Equal(3, (await first).StatusCode);
        if (retries == 0)
        {
            await BecomesAsync(id, s => s.RestartCount >= 3);
            await Service.StopAsync(id, null, null, CancellationToken.None);
        }

        Assert.Equal(3, (await _engine.WaitAsync(id)).StatusCode);
        ContainerSnapshot ended = Service.Inspect(id);
        Assert.Equal(ContainerStatus.Exited, ended.Status);
        Assert.True(retries == 0 || ended.RestartCount == retries, $"{ended.RestartCount} restarts");
        await StaysDownAsync(id);
    }

    [Fact]
    public async Task ASuccessIsNoFailure()
    {
        string id = await _engine.StartAsync(Spec(new(RestartMode.OnFailure), "exit", "0"));
        await _engine.WaitAsync(id);
        Assert.Equal((ContainerStatus.Exited, 0), (Service.Inspect(id).Status, Service.Inspect(id).RestartCount));
    }

    [Fact]
    public async Task AlwaysMeansAfterASuccessAndAfterTheVmDied()
    {
        string id = await _engine.StartAsync(Spec(s_always, "sleep"));
        _hypervisor[id].Guest.Exit(0);
        await BecomesAsync(id, s => s is { RestartCount: 1, Status: ContainerStatus.Running });
        _hypervisor[id].End("killed by signal 9");
        await BecomesAsync(id, s => s is { RestartCount: 2, Status: ContainerStatus.Running });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WhatWasStoppedByHandStaysDown(bool kill)
    {
        string id = await _engine.StartAsync(Spec(s_always, "sleep"));
        await (kill ? Service.KillAsync(id, null, CancellationToken.None) : Service.StopAsync(id, null, null, CancellationToken.None));
        await _engine.WaitAsync(id);
        await StaysDownAsync(id);
        await Service.StartAsync(id, CancellationToken.None);
        _hypervisor[id].Guest.Exit(0);
        await BecomesAsync(id, s => s is { RestartCount: 1, Status: ContainerStatus.Running });
    }

    [Fact]
    public async Task ASignalThatIsNoStopLeavesThePolicyInForce()
    {
        string id = await _engine.StartAsync(Spec(s_always, "sleep"));
        await Service.KillAsync(id, "HUP", CancellationToken.None);
        await BecomesAsync(id, s => s is { RestartCount: 1, Status: ContainerStatus.Running });
    }

    [Fact]
    public async Task OneThatWaitsForItsTurnIsUpAndCanBeStoppedAndRemoved()
    {
        string id = await FailingAsync(s_always);
        await Assert.ThrowsAsync<EngineException>(() => Service.RemoveAsync(id, force: false, removeVolumes: false, CancellationToken.None));
        Task<ContainerExit> stopped = Service.Wait(id, WaitCondition.NotRunning).Result;
        Assert.False(stopped.IsCompleted);
        await Service.StopAsync(id, null, null, CancellationToken.None);
        Assert.Equal(1, (await stopped).StatusCode);
        await StaysDownAsync(id);
        id = await FailingAsync(s_always);
        await Service.RemoveAsync(id, force: true, removeVolumes: false, CancellationToken.None);
        Assert.DoesNotContain(Service.List(), c => c.Id == id);
    }

    [Fact]
    public async Task AnAutomaticStartThatFailsIsTriedAgain()
    {
        string id = await _engine.StartAsync(Spec(s_always, "sleep"));
        _hypervisor.Behavior = new() { StartError = "no memory" };
        _hypervisor[id].Guest.Exit(0);
        await BecomesAsync(id, s => s is { RestartCount: >= 2, Status: ContainerStatus.Restarting, Error: "no memory" });
        _hypervisor.Behavior = new();
        await BecomesAsync(id, s => s is { Status: ContainerStatus.Running, Error: "" });
    }

    [Fact]
    public async Task AFirstStartThatFailsIsNot()
    {
        _hypervisor.Behavior = new() { StartError = "no memory" };
        string id = await _engine.CreateAsync(Spec(s_always, "sleep"));
        await Assert.ThrowsAsync<EngineException>(() => Service.StartAsync(id, CancellationToken.None));
        await StaysDownAsync(id);
    }

    [Theory]
    [InlineData(RestartMode.Always, false, true)]
    [InlineData(RestartMode.Always, true, true)]
    [InlineData(RestartMode.UnlessStopped, false, true)]
    [InlineData(RestartMode.UnlessStopped, true, false)]
    [InlineData(RestartMode.OnFailure, false, false)]
    [InlineData(RestartMode.No, false, false)]
    public async Task ANewDaemonStartsWhatIsToRun(RestartMode mode, bool stopped, bool runs)
    {
        string id = await _engine.StartAsync(Spec(new(mode), "sleep"));
        string never = await _engine.CreateAsync(Spec(new(mode), "sleep"));
        if (stopped)
        {
            await Service.StopAsync(id, null, null, CancellationToken.None);
        }

        await Service.DisposeAsync();
        if (!stopped)
        {
            // The host was switched off.
            _hypervisor[id].End("gone");
        }

        await _engine.RestartAsync(orderly: false);
        if (runs)
        {
            await BecomesAsync(id, s => s.Status == ContainerStatus.Running);
        }
        else
        {
            await StaysDownAsync(id);
        }

        Assert.Equal(ContainerStatus.Created, Service.Inspect(never).Status);
    }

    [Fact]
    public async Task OneBetweenTwoRunsGoesOnUnderTheNextDaemon()
    {
        string id = await FailingAsync(s_unlessStopped);
        await _engine.RestartAsync();
        int restarts = Service.Inspect(id).RestartCount;
        await BecomesAsync(id, s => s.RestartCount > restarts);
    }

    [Fact]
    public void ThePausesGrowAndBeginAnewAfterASuccess()
    {
        RestartBackOff backOff = new();
        TimeSpan[] pauses = [.. Enumerable.Range(0, 12).Select(_ => backOff.Next(TimeSpan.Zero))];
        Assert.Equal([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 51.2, 60, 60], pauses.Select(p => p.TotalSeconds));
        Assert.Equal([0.1, 0.2], [backOff.Next(TimeSpan.FromSeconds(10)).TotalSeconds, backOff.Next(TimeSpan.FromSeconds(9)).TotalSeconds]);
    }

    private static ContainerSpec Spec(RestartPolicy restart, params string[] command) => new() { Image = "tiny", Command = command, Restart = restart };

    /// <summary>A container that fails again and again, between two runs.</summary>
    private async Task<string> FailingAsync(RestartPolicy policy)
    {
        string id = await _engine.StartAsync(Spec(policy, "exit", "1"));
        await BecomesAsync(id, s => s is { RestartCount: >= 2, Status: ContainerStatus.Restarting });
        return id;
    }

    private async Task BecomesAsync(string id, Func<ContainerSnapshot, bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        while (!condition(Service.Inspect(id)))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Longer than the first pause of the back-off.</summary>
    private async Task StaysDownAsync(string id)
    {
        int restarts = Service.Inspect(id).RestartCount;
        await Task.Delay(300);
        ContainerSnapshot now = Service.Inspect(id);
        Assert.True(now.Status is ContainerStatus.Exited or ContainerStatus.Created, $"{now.Status}");
        Assert.Equal(restarts, now.RestartCount);
    }
}
