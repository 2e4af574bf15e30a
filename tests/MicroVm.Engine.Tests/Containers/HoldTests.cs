using MicroVm.Engine.Containers;
using MicroVm.Engine.Files;
using MicroVm.Engine.Tests.InMemory;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>Files of a paused container: its processors run while somebody works in its VM, its processes never.</summary>
public sealed class HoldTests : InMemoryTests
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task TheProcessorsRunUntilTheLastHasDone()
    {
        string id = await PausedAsync();
        InMemoryGuest guest = _hypervisor[id].Guest;
        Assert.True(guest.IsPaused && guest.IsHeld);
        FileLease first = await AcquireAsync(id);
        FileLease second = await AcquireAsync(id);
        Assert.True(first.IsLive);
        Assert.Equal((false, true, ContainerStatus.Paused), (guest.IsPaused, guest.IsHeld, Service.Inspect(id).Status));
        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.False(guest.IsPaused);
        await second.DisposeAsync();
        Assert.Equal((true, true), (guest.IsPaused, guest.IsHeld));
        await Service.UnpauseAsync(id, CancellationToken.None);
        Assert.Equal((false, false), (guest.IsPaused, guest.IsHeld));
    }

    [Fact]
    public async Task APauseThatEndsMeanwhileHasEnded()
    {
        string id = await PausedAsync();
        InMemoryGuest guest = _hypervisor[id].Guest;
        FileLease lease = await AcquireAsync(id);
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        Assert.False(guest.IsHeld);
        await lease.DisposeAsync();
        Assert.Equal((false, ContainerStatus.Running), (guest.IsPaused, Service.Inspect(id).Status));
    }

    [Fact]
    public async Task APauseThatBeginsMeanwhileWaitsForTheCopy()
    {
        string id = await PausedAsync();
        InMemoryGuest guest = _hypervisor[id].Guest;
        FileLease lease = await AcquireAsync(id);
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        await Service.PauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal((false, true), (guest.IsPaused, guest.IsHeld));
        await lease.DisposeAsync();
        Assert.True(guest.IsPaused);
    }

    [Fact]
    public async Task AStopEndsItMeanwhile()
    {
        string id = await PausedAsync();
        FileLease lease = await AcquireAsync(id);
        await Service.StopAsync(id, null, null, CancellationToken.None).WaitAsync(s_limit);
        Assert.Equal(143, Service.Inspect(id).ExitCode);
        await lease.DisposeAsync();
        Assert.Equal(ContainerStatus.Exited, Service.Inspect(id).Status);
    }

    [Fact]
    public async Task AGuestThatDoesNotHoldItsProcessesIsPausedAndNotEntered()
    {
        _hypervisor.Behavior = new() { AdjustFailure = new(FailureKind.Internal, 5, "no") };
        string id = await PausedAsync();
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => AcquireAsync(id));
        Assert.Equal(EngineErrorKind.Conflict, e.Kind);
        Assert.Contains("unpause the container before its files can be reached", e.Message, StringComparison.Ordinal);
        Assert.True(_hypervisor[id].Guest.IsPaused);
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        await (await AcquireAsync(id)).DisposeAsync();
    }

    /// <summary>The daemon dies while somebody copies: the next one finds the container paused, and pauses it.</summary>
    [Fact]
    public async Task ADaemonThatDiesLeavesItPaused()
    {
        string id = await PausedAsync();
        InMemoryGuest guest = _hypervisor[id].Guest;
        _ = await AcquireAsync(id);
        Assert.False(guest.IsPaused);
        _hypervisor.KillDaemon();
        await _engine.RestartAsync(orderly: false);
        Assert.Equal((true, true, ContainerStatus.Paused), (guest.IsPaused, guest.IsHeld, Service.Inspect(id).Status));

        // And its files can be reached, over a new connection.
        FileLease lease = await AcquireAsync(id);
        Assert.False(guest.IsPaused);
        await lease.DisposeAsync();
        Assert.True(guest.IsPaused);
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        Assert.False(guest.IsHeld);
    }

    /// <summary>The connection breaks just when the guest should be told that the pause is over.</summary>
    [Fact]
    public async Task AGuestThatWasNotToldIsToldLater()
    {
        string id = await PausedAsync();
        InMemoryGuest guest = _hypervisor[id].Guest;
        guest.Disconnect();
        await Service.UnpauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        using CancellationTokenSource limit = new(s_limit);
        while (guest.IsHeld)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private Task<FileLease> AcquireAsync(string id) => ((IFileAccess)Service).AcquireAsync(id, CancellationToken.None).WaitAsync(s_limit);

    private async Task<string> PausedAsync()
    {
        string id = await _engine.StartAsync(new() { Image = "tiny", Command = ["sleep"], NetworkMode = "none" });
        await Service.PauseAsync(id, CancellationToken.None).WaitAsync(s_limit);
        return id;
    }
}
