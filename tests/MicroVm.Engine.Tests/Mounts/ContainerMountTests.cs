using System.Net.Sockets;
using MicroVm.Engine.Containers;
using MicroVm.Engine.Mounts;
using MicroVm.Engine.Tests.Containers;
using MicroVm.Hypervisor;

namespace MicroVm.Engine.Tests.Mounts;

/// <summary>From what is asked for to what the virtual machine shares.</summary>
public sealed class ContainerMountTests : InMemoryTests
{
    public static TheoryData<string[], string> Refused => new()
    {
        { ["/tmp:/in", "/var:/in/"], "Duplicate mount point: /in" },
        { ["/tmp:in"], "invalid volume specification: '/tmp:in': invalid mount config for type \"bind\": invalid mount path: 'in' mount path must be absolute" },
        { ["/tmp:/"], "invalid volume specification: '/tmp:/': invalid specification: destination can't be '/'" },
        { ["a/b:/in"], "create a/b: \"a/b\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. "
            + "If you intended to pass a host directory, use absolute path" },
        { [.. Enumerable.Range(0, 101).Select(i => $"/tmp:/in{i}")], "too many volumes and bind mounts: at most 100" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task WhatCannotBeMountedIsRefusedAndLeavesNothing(string[] binds, string message)
    {
        EngineException e = await FailsAsync(() => _engine.CreateAsync(Spec("true") with { Binds = ["held:/held", .. binds] }));
        Assert.Equal((EngineErrorKind.Invalid, message), (e.Kind, e.Message));
        Assert.All(Service.Volumes.List(), volume => Assert.Empty(Service.Volumes.UsersOf(volume.Name)));
        _engine.AssertNothingLeft();
    }

    [Fact]
    public async Task OnlyTheShortFormMakesADirectoryOfTheHost()
    {
        using TemporaryDirectory directory = new();
        MountRequest mount = new() { Type = "bind", Source = directory["none"], Target = "/in" };
        EngineException e = await FailsAsync(() => _engine.CreateAsync(Spec("true") with { Mounts = [mount] }));
        Assert.Equal($"invalid mount config for type \"bind\": bind source path does not exist: {directory["none"]}", e.Message);
        await _engine.RunAsync(Spec("exit", "0") with { Binds = [directory["made/it"] + ":/in"] });
        Assert.True(Directory.Exists(directory["made/it"]));
    }

    [Fact]
    public async Task ASocketIsRefusedInWords()
    {
        using TemporaryDirectory directory = new();
        using Socket socket = new(AddressFamily.Unix, SocketType.Stream, 0);
        socket.Bind(new UnixDomainSocketEndPoint(directory["s"]));
        EngineException e = await FailsAsync(() => _engine.CreateAsync(Spec("true") with { Binds = [directory["s"] + ":/s"] }));
        Assert.EndsWith("is a socket, which a virtual machine can't share with its host", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheMachineSharesWhatIsMountedTheShallowestFirst()
    {
        string id = await _engine.StartAsync(Spec("wait") with { Binds = ["data:/a/b/c", "/tmp:/a:ro"], Volumes = ["/a/b"] });
        ContainerSnapshot container = Service.Inspect(id);
        Assert.Equal(["/a", "/a/b", "/a/b/c"], container.Mounts.Select(m => m.Destination));
        VmSpec spec = Assert.Single(_hypervisor.Running).Spec;
        Assert.Equal([("/tmp", true), (container.Mounts[1].Source, false), (Service.Volumes.Inspect("data").Mountpoint, false)],
            spec.Shares.Select(s => (s.Path, s.ReadOnly)));
        Assert.Equal(["0", "1", "2"], GuestMounts.All(container).Select(m => m.Source));
    }

    [Fact]
    public async Task AContainerWithoutMountsSharesNothing()
    {
        await _engine.StartAsync(Spec("wait"));
        Assert.Empty(Assert.Single(_hypervisor.Running).Spec.Shares);
    }

    [Fact]
    public async Task AnImagesFilesAreCopiedAtTheFirstStartAlone()
    {
        string id = await _engine.CreateAsync(Spec("exit", "0") with { Binds = ["data:/d", "quiet:/q:nocopy", "fixed:/f:ro"] });
        Assert.Equal([true, false, false], GuestMounts.All(Service.Inspect(id)).OrderBy(m => m.Target).Select(m => m.Populate && m.Target == "/d"));
        await Service.StartAsync(id, CancellationToken.None);
        await _engine.WaitAsync(id);
        Assert.DoesNotContain(GuestMounts.All(Service.Inspect(id)), m => m.Populate);
    }

    [Fact]
    public async Task AnonymousVolumesGoWithTheContainerIfThatIsAskedFor()
    {
        string kept = await _engine.CreateAsync(Spec("true") with { Volumes = ["/x"] });
        string gone = await _engine.CreateAsync(Spec("true") with { Volumes = ["/x"], Binds = ["named:/n"] });
        await Service.RemoveAsync(kept, force: false, removeVolumes: false, CancellationToken.None);
        await Service.RemoveAsync(gone, force: false, removeVolumes: true, CancellationToken.None);
        Assert.Equal([false, true], Service.Volumes.List().Select(v => v.IsAnonymous).Order());
        await _engine.RunAsync(Spec("exit", "0") with { Volumes = ["/x"], AutoRemove = true });
        Assert.Equal(2, Service.Volumes.List().Count);
    }

    [Fact]
    public async Task AVolumeStaysHeldWhenTheDaemonIsReplaced()
    {
        await _engine.CreateAsync(Spec("true") with { Binds = ["data:/d"] }, "holder");
        await _engine.RestartAsync();
        await FailsAsync(() => Service.Volumes.RemoveAsync("data", force: false, CancellationToken.None));
        await Service.RemoveAsync("holder", force: false, removeVolumes: true, CancellationToken.None);
        await Service.Volumes.RemoveAsync("data", force: false, CancellationToken.None);
    }

    [Fact]
    public async Task AnotherContainersVolumesAreTakenOver()
    {
        await _engine.CreateAsync(Spec("true") with { Binds = ["data:/d", "/tmp:/t"], Volumes = ["/own"] }, "first");
        string id = await _engine.CreateAsync(Spec("true") with { VolumesFrom = ["first:ro"], Binds = ["other:/d"] });
        IReadOnlyList<ContainerMount> mounts = Service.Inspect(id).Mounts;
        Assert.Equal([("/d", "other", false), ("/own", mounts[1].Name, true), ("/t", "", true)], mounts.Select(m => (m.Destination, m.Name, m.ReadOnly)));
        await FailsAsync(() => _engine.CreateAsync(Spec("true") with { VolumesFrom = ["nobody"] }));
        await FailsAsync(() => _engine.CreateAsync(Spec("true") with { VolumesFrom = ["first:rx"] }));
    }

    [Fact]
    public async Task AVolumeInMemoryIsTheGuestsOwn()
    {
        Service.Volumes.Create(new("mem", "", new Dictionary<string, string> { ["type"] = "tmpfs", ["device"] = "tmpfs", ["o"] = "size=1m" }, new Dictionary<string, string>()));
        string id = await _engine.CreateAsync(Spec("true") with { Binds = ["mem:/m:ro"] });
        var mount = Assert.Single(GuestMounts.All(Service.Inspect(id)));
        Assert.Equal(("tmpfs", "/m", "size=1m", 1ul), (mount.Type, mount.Target, mount.Data, mount.Flags & 1));
        Assert.Empty(GuestMounts.Shares(Service.Inspect(id)));
    }

    private static ContainerSpec Spec(params string[] command) => new() { Image = "tiny", Command = command };

    private static async Task<EngineException> FailsAsync(Func<Task> action) => await Assert.ThrowsAsync<EngineException>(action);
}
