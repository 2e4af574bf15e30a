using MicroVm.Engine.Containers;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>Processors that stand still, and what is asked of the container meanwhile.</summary>
public sealed class PauseTests : InMemoryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task ItStandsStillUntilItIsResumed()
    {
        string id = await PausedAsync("cat", stdin: true);
        Assert.Equal(ContainerStatus.Paused, Service.Inspect(id).Status);
        Assert.True(_hypervisor[id].Guest.IsPaused);
        await Service.UnpauseAsync(id, CancellationToken.None);
        Assert.Equal(ContainerStatus.Running, Service.Inspect(id).Status);
        Assert.False(_hypervisor[id].Guest.IsPaused);
        await using IAttachment client = await Service.AttachAsync(id, new(true, true, true, true, false), CancellationToken.None);
        await client.WriteStdinAsync("on"u8.ToArray(), CancellationToken.None);
        Assert.Equal("on"u8.ToArray(), (await client.ReadAsync(CancellationToken.None).AsTask().WaitAsync(s_limit))!.Value.Bytes.ToArray());
    }

    [Fact]
    public async Task WhatCannotBeIsRefused()
    {
        string idle = await _engine.CreateAsync(Spec("sleep"));
        await RefusedAsync("is not running", () => Service.PauseAsync(idle, CancellationToken.None));
        await RefusedAsync("is not running", () => Service.UnpauseAsync(idle, CancellationToken.None));
        string id = await PausedAsync("sleep");
        await RefusedAsync("is already paused", () => Service.PauseAsync(id, CancellationToken.None));
        await RefusedAsync("cannot start a paused container, try unpause instead", () => Service.StartAsync(id, CancellationToken.None));
        await RefusedAsync("is paused", () => Service.AttachAsync(id, new(true, false, true, true, false), CancellationToken.None));
        await Service.UnpauseAsync(id, CancellationToken.None);
        await RefusedAsync("is not paused", () => Service.UnpauseAsync(id, CancellationToken.None));
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("kill")]
    [InlineData("kill -TERM")]
    [InlineData("rm -f")]
    public async Task ItEndsWhenItIsTo(string way)
    {
        string id = await PausedAsync("sleep");
        ContainerWait wait = Service.Wait(id, WaitCondition.NextExit);
        await (way switch
        {
            "stop" => Service.StopAsync(id, null, null, CancellationToken.None),
            "kill" => Service.KillAsync(id, null, CancellationToken.None),
            "rm -f" => Service.RemoveAsync(id, force: true, removeVolumes: false, CancellationToken.None),
            _ => Service.KillAsync(id, "TERM", CancellationToken.None),
        }).WaitAsync(s_limit);
        Assert.NotEqual(0, (await wait.Result.WaitAsync(s_limit)).StatusCode);
    }

    [Fact]
    public async Task OtherSignalsWaitWithIt()
    {
        string id = await PausedAsync("deaf");
        await Service.KillAsync(id, "USR1", CancellationToken.None).WaitAsync(s_limit);
        await Service.ResizeAsync(id, 10, 20, CancellationToken.None).WaitAsync(s_limit);
        Assert.Empty(_hypervisor[id].Guest.Signals);
        await Service.UnpauseAsync(id, CancellationToken.None);
        await UntilAsync(() => _hypervisor[id].Guest.Signals.Contains(10u));
    }

    [Fact]
    public async Task APauseOutlivesTheDaemonWithoutAnAnswerOfTheGuest()
    {
        string id = await PausedAsync("deaf");
        int connections = _hypervisor[id].Guest.Connections;
        _hypervisor.KillDaemon();
        await _engine.RestartAsync(orderly: false);
        Assert.Equal((ContainerStatus.Paused, connections), (Service.Inspect(id).Status, _hypervisor[id].Guest.Connections));
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        await Service.KillAsync(id, "USR1", CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal([10u], _hypervisor[id].Guest.Signals);
        await Service.StopAsync(id, 0, null, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal(137, Service.Inspect(id).ExitCode);
    }

    [Fact]
    public async Task ARestartedDaemonStopsAPausedContainer()
    {
        string id = await PausedAsync("sleep");
        _hypervisor.KillDaemon();
        await _engine.RestartAsync(orderly: false);
        await Service.StopAsync(id, null, null, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal(143, Service.Inspect(id).ExitCode);
    }

    [Fact]
    public async Task APauseThatWasRecordedAndNotDoneIsDone()
    {
        string id = await PausedAsync("sleep");
        _hypervisor.KillDaemon();
        _hypervisor[id].Guest.Pause(false);
        await _engine.RestartAsync(orderly: false);
        Assert.True(_hypervisor[id].Guest.IsPaused);
    }

    [Fact]
    public async Task ALostConnectionIsNoEndWhileItIsPaused()
    {
        string id = await PausedAsync("sleep");
        _hypervisor[id].Guest.Disconnect();
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        await UntilAsync(() => _hypervisor[id].Guest.Connections == 2);
        Assert.Equal(ContainerStatus.Running, Service.Inspect(id).Status);
    }

    [Fact]
    public async Task AVmmThatRefusesLeavesItRunning()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        _hypervisor[id].PauseError = "no";
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => Service.PauseAsync(id, CancellationToken.None));
        Assert.Equal($"cannot pause container {id}: no", e.Message);
        Assert.Equal(ContainerStatus.Running, Service.Inspect(id).Status);
        Assert.DoesNotContain(await _engine.Events.Subscribe(past: true).ReadAsync(Task.CompletedTask, CancellationToken.None), told => told.Action == "pause");
    }

    [Fact]
    public async Task AMachineThatEndsWhilePausedEndsItsContainer()
    {
        string id = await PausedAsync("sleep");
        _hypervisor[id].End("killed by signal 9");
        Assert.Equal(137, (await _engine.WaitAsync(id)).StatusCode);
    }

    private async Task<string> PausedAsync(string program, bool stdin = false)
    {
        string id = await _engine.StartAsync(Spec(program) with { OpenStdin = stdin });
        await Service.PauseAsync(id, CancellationToken.None);
        return id;
    }

    private static async Task RefusedAsync(string words, Func<Task> action)
    {
        EngineException e = await Assert.ThrowsAsync<EngineException>(action);
        Assert.Equal(EngineErrorKind.Conflict, e.Kind);
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(s_limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static ContainerSpec Spec(params string[] command) => new() { Image = "tiny", Command = command, NetworkMode = "none" };
}
