using MicroVm.Engine.Containers;
using MicroVm.Engine.Tests.InMemory;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>What can change while the container runs, and what is said of the rest.</summary>
public sealed class UpdateTests : IAsyncLifetime
{
    private const long MiB = 1 << 20;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly InMemoryHypervisor _hypervisor = new();
    private TestEngine _engine = null!;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.OpenAsync(_hypervisor);
        await TestImage.LoadEmptyAsync(_engine.Images, "tiny");
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task LimitsChangeAtOnce()
    {
        string id = await _engine.StartAsync(Spec() with { Memory = 256 * MiB });
        Assert.Empty(await UpdateAsync(id, new(128 * MiB, 500_000_000, 50, null)));
        Assert.Equal([new Adjust(0, 128 * MiB, 50)], _hypervisor[id].Guest.Adjustments);
        Assert.Equal(0.5, _hypervisor[id].CpuQuota);
        Assert.Empty(await UpdateAsync(id, new(null, null, 0, null)));
        Assert.Equal(new(0, 0, ulong.MaxValue), _hypervisor[id].Guest.Adjustments[^1]);
        ContainerSpec spec = _engine.Service.Inspect(id).Spec;
        Assert.Equal((128 * MiB, 500_000_000, 0), (spec.Memory, spec.NanoCpus, spec.ProcessLimit));
        Assert.Contains(await _engine.Events.Subscribe(past: true).ReadAsync(Task.CompletedTask, CancellationToken.None), told => told.Action == "update");
    }

    [Fact]
    public async Task MoreThanTheMachineHasWaitsForTheNextStart()
    {
        string id = await _engine.StartAsync(Spec() with { Memory = 128 * MiB });
        Assert.Equal(
            ["--memory: the virtual machine has 128 MiB; more takes effect when the container is started again."],
            await UpdateAsync(id, new(256 * MiB, null, null, null)));
        await _engine.Service.StopAsync(id, null, null, CancellationToken.None);
        await _engine.Service.StartAsync(id, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal(256 * MiB, _hypervisor[id].Spec.Memory);
    }

    [Fact]
    public async Task AStoppedContainerTakesAnythingThatCreateTakes()
    {
        string id = await _engine.CreateAsync(Spec());
        Assert.Empty(await UpdateAsync(id, new(128 * MiB, null, 9, new(RestartMode.OnFailure, 3))));
        Assert.Equal(new(RestartMode.OnFailure, 3), _engine.Service.Inspect(id).Spec.Restart);
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => UpdateAsync(id, new(1, null, null, null)));
        Assert.Equal((EngineErrorKind.Invalid, 128 * MiB), (e.Kind, _engine.Service.Inspect(id).Spec.Memory));
        await _engine.Service.StartAsync(id, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal([new Adjust(0, 0, 9)], _hypervisor[id].Guest.Adjustments);
    }

    [Fact]
    public async Task ARestartPolicyAndRemovalExcludeEachOther()
    {
        string id = await _engine.CreateAsync(Spec() with { AutoRemove = true });
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => UpdateAsync(id, new(null, null, null, new(RestartMode.Always))));
        Assert.Contains("AutoRemove is enabled", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task APausedContainerGetsItWhenItRunsAgain()
    {
        string id = await _engine.StartAsync(Spec());
        await _engine.Service.PauseAsync(id, CancellationToken.None);
        Assert.Empty(await UpdateAsync(id, new(null, null, 5, null)));
        Assert.DoesNotContain(_hypervisor[id].Guest.Adjustments, adjust => adjust.ProcessLimit == 5);
        await _engine.Service.UnpauseAsync(id, CancellationToken.None);
        using CancellationTokenSource limit = new(s_limit);
        while (!_hypervisor[id].Guest.Adjustments.ToArray().Contains(new(0, 0, 5)))
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>It fails again and again; in one of the pauses, which grow, its policy changes.</summary>
    [Theory]
    [InlineData(RestartMode.No, 0)]
    [InlineData(RestartMode.OnFailure, 1)]
    public async Task APolicyWithoutARestartEndsTheWait(RestartMode mode, int retries)
    {
        string id = await _engine.StartAsync(Spec() with { Command = ["exit", "3"], Restart = new(RestartMode.Always) });
        await UntilAsync(() => _engine.Service.Inspect(id) is { Status: ContainerStatus.Restarting, RestartCount: >= 3 });
        Task<ContainerExit> over = _engine.Service.Wait(id, WaitCondition.NotRunning).Result;
        await UpdateAsync(id, new(null, null, null, new(mode, retries)));

        // Unless it is just starting again: then that run is the last.
        Assert.Equal(3, (await over.WaitAsync(s_limit)).StatusCode);
        await UntilAsync(() => _engine.Service.Inspect(id).Status == ContainerStatus.Exited);
        int count = _engine.Service.Inspect(id).RestartCount;
        await _engine.RestartAsync();
        Assert.Equal((ContainerStatus.Exited, count), (_engine.Service.Inspect(id).Status, _engine.Service.Inspect(id).RestartCount));
    }

    [Fact]
    public async Task APolicyThatGoesOnLeavesTheWait()
    {
        string id = await _engine.StartAsync(Spec() with { Command = ["exit", "3"], Restart = new(RestartMode.Always) });
        await UntilAsync(() => _engine.Service.Inspect(id) is { Status: ContainerStatus.Restarting, RestartCount: >= 2 });
        int count = _engine.Service.Inspect(id).RestartCount;
        await UpdateAsync(id, new(null, null, null, new(RestartMode.UnlessStopped)));
        await UntilAsync(() => _engine.Service.Inspect(id).RestartCount > count);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(s_limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private async Task<IReadOnlyList<string>> UpdateAsync(string id, ContainerUpdate update) =>
        await _engine.Service.UpdateAsync(id, update, CancellationToken.None).WaitAsync(s_limit);

    private static ContainerSpec Spec() => new() { Image = "tiny", Command = ["sleep"], NetworkMode = "none" };
}
