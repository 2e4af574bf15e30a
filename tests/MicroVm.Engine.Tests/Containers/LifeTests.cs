using System.Text;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Tests.InMemory;
using MicroVm.Protocol.Messages;

namespace MicroVm.Engine.Tests.Containers;

/// <summary>The state machine against guests that are made to do what real ones rarely do.</summary>
public sealed class LifeTests()
    : InMemoryTests(new EngineOptions { Root = "", RunDirectory = "", Kernel = "", Initramfs = "", StallTimeout = TimeSpan.FromMilliseconds(200) })
{
    [Fact]
    public async Task AnUnknownImageMakesClientsPull()
    {
        EngineException e = await FailsAsync(() => _engine.CreateAsync(new() { Image = "nope" }));
        Assert.Equal((EngineErrorKind.NotFound, "No such image: nope:latest"), (e.Kind, e.Message));
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task RunsToItsExitCodeWithItsOutput()
    {
        TestEngine.RunResult result = await _engine.RunAsync(Spec("echo", "hello", "world"));
        Assert.Equal((0, "hello world\n"), (result.ExitCode, result.Output));
        ContainerSnapshot ended = Service.Inspect(result.Id);
        Assert.Equal((ContainerStatus.Exited, 0, ""), (ended.Status, ended.Pid, ended.Error));
        Assert.True(ended.FinishedAt >= ended.StartedAt);
        Assert.Equal("hello world\n", await _engine.LogAsync(result.Id));
        Assert.Superset(new HashSet<string>(["disk", "vmm", "boot", "process", "total"]), ended.Timings.Keys.ToHashSet());
        Assert.Equal(7, (await _engine.RunAsync(Spec("exit", "7"))).ExitCode);
    }

    [Fact]
    public async Task AutoRemoveLeavesNothing()
    {
        TestEngine.RunResult result = await _engine.RunAsync(Spec("exit", "3") with { AutoRemove = true });
        Assert.Equal(3, result.ExitCode);
        Assert.Empty(Service.List());
        Assert.Empty(_hypervisor.Running);
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task AStoppedContainerStartsAgainWithItsDisk()
    {
        string id = (await _engine.RunAsync(Spec("echo", "one"))).Id;
        string scratch = Path.Combine(_engine.Options.Root, "containers", id, "scratch.img");
        long size = new FileInfo(scratch).Length;
        await File.AppendAllTextAsync(scratch, "written by the first run");
        await Service.StartAsync(id, CancellationToken.None);
        await _engine.WaitAsync(id);
        Assert.True(new FileInfo(scratch).Length > size, "the disk was made anew");
        Assert.Equal("one\none\n", await _engine.LogAsync(id));
    }

    [Fact]
    public async Task StartingTwiceIsNotModified()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        Assert.Equal(EngineErrorKind.NotModified, (await FailsAsync(() => Service.StartAsync(id, CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task ConcurrentStartsMakeOneMachine()
    {
        string id = await _engine.CreateAsync(Spec("sleep"));
        Task[] starts = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Service.StartAsync(id, CancellationToken.None)))];
        await Task.WhenAll(starts.Select(start => start.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Equal(1, starts.Count(start => start.IsCompletedSuccessfully));
        Assert.Single(_hypervisor.Running);
    }

    [Theory]
    [InlineData(FailureKind.NotFound, "exec: \"x\": executable file not found in $PATH", 127)]
    [InlineData(FailureKind.NotExecutable, "exec: \"x\": permission denied", 126)]
    public async Task AFailedStartKeepsItsExitCodeAndReason(FailureKind kind, string text, int exitCode)
    {
        _hypervisor.Behavior = new() { StartFailure = new(kind, 0, text) };
        string id = await _engine.CreateAsync(Spec("x"));
        await using IAttachment client = await Service.AttachAsync(id, new(true, false, true, true, false), CancellationToken.None);
        EngineException e = await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Contains(text, e.Message, StringComparison.Ordinal);
        ContainerSnapshot failed = Service.Inspect(id);
        Assert.Equal((ContainerStatus.Created, exitCode, e.Message), (failed.Status, failed.ExitCode, failed.Error));
        Assert.Null(await client.ReadAsync(CancellationToken.None));
        Assert.Empty(_hypervisor.Running);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_engine.Options.RunDirectory, "vms")));
    }

    [Fact]
    public async Task AFailedStartWithAutoRemoveLeavesNothing()
    {
        _hypervisor.Behavior = new() { StartFailure = new(FailureKind.NotFound, 0, "exec: \"x\": executable file not found in $PATH") };
        string id = await _engine.CreateAsync(Spec("x") with { AutoRemove = true });
        ContainerWait removed = Service.Wait(id, WaitCondition.Removed);
        await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Equal(127, (await removed.Result).StatusCode);
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task AKernelThatPanicsIsTold()
    {
        _hypervisor.Behavior = new() { PanicAtBoot = "Kernel panic - not syncing: out of memory" };
        string id = await _engine.CreateAsync(Spec("x"));
        EngineException e = await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Contains("Kernel panic - not syncing: out of memory", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public async Task AnAgentThatSendsGarbageLosesItsMachine()
    {
        _hypervisor.Behavior = new() { Garbage = [0xff, 0xff, 0xff, 0xff, 1, 2, 3] };
        string id = await _engine.CreateAsync(Spec("x"));
        EngineException e = await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.DoesNotContain('\n', e.Message);
        Assert.Empty(_hypervisor.Running);
    }

    [Fact]
    public async Task AMachineThatDoesNotStartIsToldInItsWords()
    {
        _hypervisor.Behavior = new() { StartError = "kernel /k: No such file or directory" };
        string id = await _engine.CreateAsync(Spec("x"));
        EngineException e = await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Equal("kernel /k: No such file or directory", e.Message);
        Assert.Equal(125, Service.Inspect(id).ExitCode);
    }

    [Fact]
    public async Task RemovingCallsOffABootThatHangs()
    {
        _hypervisor.Behavior = new() { IsMute = true };
        string id = await _engine.CreateAsync(Spec("x"));
        Task start = Service.StartAsync(id, CancellationToken.None);
        await Service.RemoveAsync(id, force: true, removeVolumes: false, CancellationToken.None);
        await Assert.ThrowsAsync<EngineException>(() => start);
        Assert.Empty(_hypervisor.Running);
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task AMachineThatDiesEndsItsContainer()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        _hypervisor[id].End("killed by signal 9");
        Assert.Equal(137, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal("the virtual machine ended: killed by signal 9", Service.Inspect(id).Error);
    }

    [Fact]
    public async Task WhoWaitsForAMachineThatIsLostIsToldWhy()
    {
        string id = await _engine.StartAsync(Spec("sleep") with { AutoRemove = true });
        ContainerWait exit = Service.Wait(id, WaitCondition.NextExit);
        ContainerWait removal = Service.Wait(id, WaitCondition.Removed);
        _hypervisor[id].End("killed by signal 6");
        ContainerExit loss = new(255, "the virtual machine ended: killed by signal 6");
        Assert.Equal((loss, loss), (await exit.Result, await removal.Result));
    }

    [Fact]
    public async Task StopSendsTheStopSignalThenKills()
    {
        string gentle = await _engine.StartAsync(Spec("sleep") with { StopSignal = "SIGUSR1" });
        await Service.StopAsync(gentle, null, null, CancellationToken.None);
        Assert.Equal(138, Service.Inspect(gentle).ExitCode);
        Assert.Equal([10u], _hypervisor[gentle].Guest.Signals);

        string deaf = await _engine.StartAsync(Spec("deaf"));
        await Service.StopAsync(deaf, 0, null, CancellationToken.None);
        Assert.Equal(137, Service.Inspect(deaf).ExitCode);
        Assert.Equal([15u, 9u], _hypervisor[deaf].Guest.Signals);
        Assert.Equal(EngineErrorKind.NotModified, (await FailsAsync(() => Service.StopAsync(deaf, 0, null, CancellationToken.None))).Kind);
    }

    [Fact]
    public async Task KillNeedsARunningContainerAndAKnownSignal()
    {
        string id = await _engine.CreateAsync(Spec("sleep"), "web");
        EngineException e = await FailsAsync(() => Service.KillAsync("web", null, CancellationToken.None));
        Assert.Equal((EngineErrorKind.Conflict, $"cannot kill container: web: container {id} is not running"), (e.Kind, e.Message));
        await Service.StartAsync(id, CancellationToken.None);
        Assert.Equal(EngineErrorKind.Invalid, (await FailsAsync(() => Service.KillAsync(id, "NOPE", CancellationToken.None))).Kind);
        await Service.KillAsync(id, "TERM", CancellationToken.None);
        Assert.Equal(143, (await _engine.WaitAsync(id)).StatusCode);
    }

    [Fact]
    public async Task RemoveWantsForceForWhatRuns()
    {
        string id = await _engine.StartAsync(Spec("sleep"), "web");
        EngineException e = await FailsAsync(() => Service.RemoveAsync("web", false, false, CancellationToken.None));
        Assert.Equal(
            "cannot remove container \"/web\": container is running: stop the container before removing or force remove", e.Message);
        ContainerWait removed = Service.Wait(id, WaitCondition.Removed);
        await Service.RemoveAsync("web", true, false, CancellationToken.None);
        Assert.Equal(137, (await removed.Result).StatusCode);
        Assert.Equal(EngineErrorKind.NotFound, Assert.Throws<EngineException>(() => Service.Inspect(id)).Kind);
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task StdinGoesToTheProcessAndEndsWithItsClient()
    {
        byte[] sent = InMemoryGuest.Flood(1_000_000);
        TestEngine.RunResult result = await _engine.RunAsync(Spec("cat") with { OpenStdin = true, StdinOnce = true }, sent);
        Assert.Equal(sent, result.Stdout);
    }

    [Fact]
    public async Task OutOfMemoryIsTold()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        _hypervisor[id].Guest.Exit(137, signal: 9, outOfMemory: true);
        await _engine.WaitAsync(id);
        Assert.True(Service.Inspect(id).OomKilled);
    }

    [Fact]
    public async Task ALostConnectionIsTakenUpAgain()
    {
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        guest.Write(2, "before\n"u8);
        guest.Disconnect();
        guest.Write(2, "after\n"u8);
        guest.Exit(5);
        Assert.Equal(5, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal("before\nafter\n", await _engine.LogAsync(id));
    }

    [Fact]
    public async Task AGuestThatKeepsHangingUpIsConnectedToAgainAndCanBeKilled()
    {
        _hypervisor.Behavior = new() { HangsUp = true };
        string id = await _engine.StartAsync(Spec("sleep"));
        InMemoryGuest guest = _hypervisor[id].Guest;
        guest.Disconnect();
        while (guest.Connections < 5)
        {
            await Task.Delay(1);
        }

        await Service.RemoveAsync(id, force: true, removeVolumes: false, CancellationToken.None);
        Assert.Empty(_hypervisor.Running);
    }

    [Fact]
    public async Task NamesAndWaitsFollowTheContainer()
    {
        string id = await _engine.CreateAsync(Spec("exit", "4"), "one");
        await Service.RenameAsync("one", "two", CancellationToken.None);
        Assert.Equal("two", Service.Inspect("two").Name);
        Assert.Equal(0, (await Service.Wait(id, WaitCondition.NotRunning).Result).StatusCode);
        ContainerWait next = Service.Wait(id, WaitCondition.NextExit);
        Assert.False(next.Result.IsCompleted);
        await Service.StartAsync("two", CancellationToken.None);
        Assert.Equal(4, (await next.Result).StatusCode);
    }

    [Fact]
    public async Task AnImageInUseIsKnown()
    {
        MicroVm.Images.Digest image = _engine.Images.Find("tiny")!.Id;
        Assert.False(Service.IsImageUsed(image));
        string id = await _engine.CreateAsync(Spec("x"));
        Assert.True(Service.IsImageUsed(image));
        await Service.RemoveAsync(id, false, false, CancellationToken.None);
        Assert.False(Service.IsImageUsed(image));
    }

    [Fact]
    public async Task UnknownNetworksAreToldAtTheStart()
    {
        string id = await _engine.CreateAsync(Spec("x") with { NetworkMode = "nope" });
        EngineException e = await FailsAsync(() => Service.StartAsync(id, CancellationToken.None));
        Assert.Equal(EngineErrorKind.NotFound, e.Kind);
        Assert.StartsWith("network nope not found: this daemon has user-mode networking", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClientThatStopsReadingDoesNotKeepTheContainerFromEnding()
    {
        string id = await _engine.CreateAsync(Spec("flood", "2000000"));
        await using IAttachment client = await Service.AttachAsync(id, new(true, false, true, true, false), CancellationToken.None);
        await Service.StartAsync(id, CancellationToken.None);
        Assert.Equal(0, (await _engine.WaitAsync(id)).StatusCode);
        Assert.Equal(Encoding.ASCII.GetString(InMemoryGuest.Flood(2_000_000)), await _engine.LogAsync(id));
    }

    private static ContainerSpec Spec(params string[] command) => new() { Image = "tiny", Command = command };

    private static async Task<EngineException> FailsAsync(Func<Task> action) => await Assert.ThrowsAsync<EngineException>(action);
}
