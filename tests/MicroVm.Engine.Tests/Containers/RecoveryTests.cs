using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Tests.InMemory;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>A daemon that ends at any time, and the next one.</summary>
public sealed class RecoveryTests : InMemoryTests
{
    [Fact]
    public async Task ContainersComeBackAsTheyWere()
    {
        string created = await _engine.CreateAsync(Spec("x") with { Labels = new Dictionary<string, string> { ["a"] = "b" } }, "created");
        string ended = (await _engine.RunAsync(Spec("exit", "3"))).Id;
        string failed = await _engine.CreateAsync(Spec("x") with { NetworkMode = "nope" });
        await Assert.ThrowsAsync<EngineException>(() => Service.StartAsync(failed, CancellationToken.None));
        ContainerSnapshot[] before = [.. ((string[])[created, ended, failed]).Select(Service.Inspect)];
        await _engine.RestartAsync();
        Assert.All(before, snapshot => Assert.Equivalent(snapshot, Service.Inspect(snapshot.Id), strict: true));
        Assert.Equal(created, Service.Inspect("created").Id);
        await Assert.ThrowsAsync<EngineException>(() => _engine.CreateAsync(Spec("x"), "created"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ARunningContainerGoesOnWithEveryByteOnce(bool orderly)
    {
        string id = await _engine.StartAsync(Spec("sleep"), "web");
        InMemoryGuest guest = _hypervisor[id].Guest;
        guest.Write(2, "one\ntwo without an end"u8);
        await LoggedAsync(id, "one\n");
        await RestartAsync(orderly);
        guest.Write(2, " ... its end\nthree\n"u8);
        ContainerSnapshot running = Service.Inspect("web");
        Assert.Equal((ContainerStatus.Running, _hypervisor[id].ProcessId), (running.Status, running.Pid));
        guest.Exit(6);
        Assert.Equal(6, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal("one\ntwo without an end ... its end\nthree\n", await _engine.LogAsync(id));
    }

    [Fact]
    public async Task ManyRestartsInAFloodLoseAndRepeatNothing()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        byte[] flood = InMemoryGuest.Flood(3_000_000);
        guest.Write(2, flood);
        for (int i = 0; i < 5; i++)
        {
            await RestartAsync(orderly: i % 2 == 0);
        }

        guest.Exit(0);
        await _engine.WaitAsync(id);
        Assert.Equal(Encoding.ASCII.GetString(flood), await _engine.LogAsync(id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatAnEndedProcessHasWrittenOutlivesTheDaemon(bool orderly)
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        byte[] flood = InMemoryGuest.Flood(3_000_000);
        guest.Write(2, flood);
        guest.Exit(4);
        await RestartAsync(orderly);
        Assert.Equal(4, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal(Encoding.ASCII.GetString(flood), await _engine.LogAsync(id));
    }

    [Fact]
    public async Task WhatAnEndedProcessHasWrittenOutlivesTheConnection()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        byte[] flood = InMemoryGuest.Flood(3_000_000);
        guest.Write(2, flood);
        guest.Exit(4);
        guest.Disconnect();
        Assert.Equal(4, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal(Encoding.ASCII.GetString(flood), await _engine.LogAsync(id));
    }

    /// <summary>Once more, and for a new daemon as for the one that was connected.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AConnectionThatBreaksAgainAndAgainIsReplaced(bool isNewDaemon)
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        guest.Breaks = 4;
        if (isNewDaemon)
        {
            await RestartAsync(orderly: false);
        }
        else
        {
            guest.Disconnect();
        }

        guest.Write(2, "still here\n"u8);
        guest.Exit(4);
        Assert.Equal(4, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal("still here\n", await _engine.LogAsync(id));
    }

    [Fact]
    public async Task WhatEndedMeanwhileIsRecorded()
    {
        string died = await _engine.StartAsync(Spec("sleep"));
        string exited = await _engine.StartAsync(Spec("sleep"));
        await Service.DisposeAsync();
        _hypervisor[died].End("killed by signal 9");
        _hypervisor[exited].Guest.Exit(9);
        await _engine.RestartAsync(orderly: false);
        Assert.Equal(255, (await _engine.WaitAsync(died)).StatusCode);
        Assert.Equal(9, (await _engine.WaitAsync(exited)).StatusCode);
        Assert.Contains("while the daemon was not running", Service.Inspect(died).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AutoRemoveContainersThatEndedMeanwhileAreRemoved()
    {
        string died = await _engine.StartAsync(Spec("sleep") with { AutoRemove = true });
        string exited = await _engine.StartAsync(Spec("sleep") with { AutoRemove = true });
        await Service.DisposeAsync();
        _hypervisor[died].End("killed by signal 9");
        _hypervisor[exited].Guest.Exit(9);
        await _engine.RestartAsync(orderly: false);
        foreach (string id in (string[])[died, exited])
        {
            if (Service.List().Any(container => container.Id == id))
            {
                await _engine.WaitAsync(id, WaitCondition.Removed);
            }
        }

        Assert.Empty(Service.List());
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task AHalfMadeStartIsCleared()
    {
        _hypervisor.Behavior = new() { IsMute = true };
        string id = await _engine.CreateAsync(Spec("sleep"));
        Task start = Service.StartAsync(id, CancellationToken.None);
        while (_hypervisor.Running.Count == 0)
        {
            await Task.Yield();
        }

        await RestartAsync(orderly: false);
        Assert.Empty(_hypervisor.Running);
        Assert.Equal(ContainerStatus.Created, Service.Inspect(id).Status);
        _hypervisor.Behavior = new();
        await Service.StartAsync(id, CancellationToken.None);
        Assert.Equal(ContainerStatus.Running, Service.Inspect(id).Status);
        Assert.False(start.IsCompleted);
    }

    [Fact]
    public async Task StdinOnceEndsWithTheDaemonThatFedIt()
    {
        string id = await _engine.StartAsync(Spec("cat") with { OpenStdin = true, StdinOnce = true });
        await _engine.RestartAsync();
        Assert.Equal(0, (await _engine.WaitAsync(id)).StatusCode);
    }

    [Fact]
    public async Task StdinGoesOnForAnotherClient()
    {
        string id = await _engine.StartAsync(Spec("cat") with { OpenStdin = true });
        await using (IAttachment first = await Service.AttachAsync(id, new(true, true, false, false, false), CancellationToken.None))
        {
            await first.WriteStdinAsync("one\n"u8.ToArray(), CancellationToken.None);
            await LoggedAsync(id, "one\n");
        }

        await _engine.RestartAsync();
        await using IAttachment second = await Service.AttachAsync(id, new(true, true, false, false, false), CancellationToken.None);
        await second.WriteStdinAsync("two\n"u8.ToArray(), CancellationToken.None);
        await LoggedAsync(id, "one\ntwo\n");
    }

    [Fact]
    public async Task StrayRuntimeDirectoriesAreRemoved()
    {
        string stray = Path.Combine(_engine.Options.RunDirectory, "vms", "deadbeefdeadbeef");
        Directory.CreateDirectory(stray);
        await _engine.RestartAsync();
        Assert.False(Directory.Exists(stray));
    }

    private async Task RestartAsync(bool orderly)
    {
        if (!orderly)
        {
            _hypervisor.KillDaemon();
            await QuietAsync();
        }

        await _engine.RestartAsync(orderly);
    }

    /// <summary>A killed process stops at once. This one shares ours: what had reached it must be written before its successor writes.</summary>
    private async Task QuietAsync()
    {
        for (long last = -1, now = Written(); now != last; last = now, now = Written())
        {
            await Task.Delay(300);
        }
    }

    private long Written() => new DirectoryInfo(_engine.Options.Root).EnumerateFiles("*.log", SearchOption.AllDirectories).Sum(file => file.Length);

    private static ContainerSpec Spec(params string[] command) => new() { Image = "tiny", Command = command };

    /// <summary>Follows the log until it holds the text.</summary>
    private async Task LoggedAsync(string id, string text)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        StringBuilder logged = new();
        await foreach (LogEntry entry in Service.LogsAsync(id, new(true, true, true, null, null, null), limit.Token))
        {
            if (logged.Append(Encoding.UTF8.GetString(entry.Line.Span)).Length >= text.Length)
            {
                break;
            }
        }

        Assert.Equal(text, logged.ToString());
    }
}
