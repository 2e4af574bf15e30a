using MicroVm.Engine.Containers;
using MicroVm.Engine.Events;
using MicroVm.Engine.Tests.InMemory;

namespace MicroVm.Engine.Tests.Events;

/// <summary>What the life of a container tells, in which order.</summary>
public sealed class ContainerEventTests : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly InMemoryHypervisor _hypervisor = new();
    private TestEngine _engine = null!;
    private EventReader _events = null!;

    private ContainerService Service => _engine.Service;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(_hypervisor);
        await TestImage.LoadEmptyAsync(_engine.Images, "tiny");
        _events = _engine.Events.Subscribe();
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task ARunThatRemovesItself()
    {
        await _engine.RunAsync(Spec("exit", "3") with { AutoRemove = true, Labels = new Dictionary<string, string> { ["who"] = "me" } });
        IReadOnlyList<EngineEvent> told = await UntilAsync("destroy");
        Assert.Equal(["create", "attach", "start", "die", "destroy"], told.Select(e => e.Action));
        Assert.All(told, e => Assert.Equal(("container", "tiny", "me"), (e.Type, e.Attributes["image"], e.Attributes["who"])));
        Assert.Equal("3", told[3].Attributes["exitCode"]);
        Assert.False(told[2].Attributes.ContainsKey("exitCode"));
    }

    [Fact]
    public async Task SignalsStopsAndRestarts()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        await Service.RestartAsync(id, null, null, CancellationToken.None);
        Assert.Equal(["create", "start", "kill", "die", "stop", "start", "restart"], (await UntilAsync("restart")).Select(e => e.Action));
        await Service.KillAsync(id, "KILL", CancellationToken.None);
        IReadOnlyList<EngineEvent> killed = await UntilAsync("die");
        Assert.Equal(["kill", "die"], killed.Select(e => e.Action));
        Assert.Equal(("9", "137"), (killed[0].Attributes["signal"], killed[1].Attributes["exitCode"]));
    }

    [Fact]
    public async Task AStopThatTheProcessIgnoresKills()
    {
        string id = await _engine.StartAsync(Spec("deaf"));
        await Service.StopAsync(id, 0, null, CancellationToken.None);
        IReadOnlyList<EngineEvent> told = await UntilAsync("stop");
        Assert.Equal(["15", "9"], told.Where(e => e.Action == "kill").Select(e => e.Attributes["signal"]));
        Assert.Equal("stop", told[^1].Action);
    }

    [Fact]
    public async Task ARestartKeepsWhatWouldRemoveItself()
    {
        string id = await _engine.StartAsync(Spec("sleep") with { AutoRemove = true });
        await Service.RestartAsync(id, null, null, CancellationToken.None);
        Assert.Equal(ContainerStatus.Running, Service.Inspect(id).Status);
        ContainerWait removed = Service.Wait(id, WaitCondition.Removed);
        await Service.StopAsync(id, null, null, CancellationToken.None);
        await removed.Result.WaitAsync(s_limit);
        Assert.Equal("destroy", (await UntilAsync("destroy"))[^1].Action);
    }

    [Fact]
    public async Task OutOfMemoryNamesAndTheEndOfALostMachine()
    {
        string id = await _engine.StartAsync(Spec("sleep"), "first");
        await Service.RenameAsync(id, "second", CancellationToken.None);
        IReadOnlyList<EngineEvent> renamed = await UntilAsync("rename");
        Assert.Equal(("/first", "second"), (renamed[^1].Attributes["oldName"], renamed[^1].Attributes["name"]));
        _hypervisor[id].Guest.Exit(137, 9, outOfMemory: true);
        Assert.Equal(["oom", "die"], (await UntilAsync("die")).Select(e => e.Action));
        await _engine.WaitAsync(id);
        await Service.StartAsync(id, CancellationToken.None);
        await Service.DisposeAsync();
        _hypervisor[id].End("gone");
        _events = _engine.Events.Subscribe();
        await _engine.RestartAsync(orderly: false);
        Assert.Equal("255", (await UntilAsync("die"))[0].Attributes["exitCode"]);
    }

    private async Task<IReadOnlyList<EngineEvent>> UntilAsync(string action)
    {
        List<EngineEvent> told = [];
        while (!told.Exists(e => e.Action == action))
        {
            told.AddRange(await _events.ReadAsync(new TaskCompletionSource().Task, CancellationToken.None).WaitAsync(s_limit));
        }

        return told;
    }

    private static ContainerSpec Spec(params string[] command) => new() { Image = "tiny", Command = command, NetworkMode = "none" };
}
