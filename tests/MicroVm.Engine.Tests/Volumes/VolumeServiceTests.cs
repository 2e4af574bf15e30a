using MicroVm.Engine.Events;
using MicroVm.Engine.Volumes;

namespace MicroVm.Engine.Tests.Volumes;

public sealed class VolumeServiceTests : IDisposable
{
    private static readonly Dictionary<string, string> s_none = [];
    private readonly TemporaryDirectory _directory = new();
    private readonly EventBus _events = new();

    private string Volumes => _directory["volumes"];

    [Fact]
    public async Task AVolumeOutlivesTheDaemon()
    {
        VolumeService service = Open();
        Volume made = service.Create(new("data", "local", s_none, new Dictionary<string, string> { ["a"] = "b" }));
        await File.WriteAllTextAsync(Path.Combine(made.Mountpoint, "file"), "x", TestContext.Current.CancellationToken);
        Volume found = Assert.Single(Open().List());
        Assert.Equal((made.Name, made.Created, made.Mountpoint, "b"), (found.Name, found.Created, found.Mountpoint, found.Labels["a"]));
        Assert.Equal(0b111_101_101, (int)File.GetUnixFileMode(found.Mountpoint));
        Assert.Equal(0b111_000_000, (int)File.GetUnixFileMode(Path.Combine(Volumes, "data")));
        await Open().RemoveAsync("data", force: false, CancellationToken.None);
        Assert.Empty(Directory.GetFileSystemEntries(Volumes));
    }

    [Fact]
    public async Task WhatACrashLeftIsDeletedAndADamagedOneLeftAlone()
    {
        Open().Create(new("damaged", "", s_none, s_none));
        await File.WriteAllTextAsync(Path.Combine(Volumes, "damaged/volume.json"), "{", TestContext.Current.CancellationToken);
        string unfinished = Directory.CreateDirectory(Path.Combine(Volumes, ".new-x/_data")).FullName;
        Directory.CreateDirectory(Path.Combine(Volumes, ".old-x/_data/deep"));
        List<string> told = [];
        Assert.Empty(VolumeService.Open(_directory.Path, _events, told.Add).List());
        Assert.Contains("damaged/volume.json", Assert.Single(told), StringComparison.Ordinal);
        await EventuallyAsync(() => Directory.GetDirectories(Volumes).Length == 1);
        Assert.False(Directory.Exists(unfinished));
    }

    [Fact]
    public async Task OneThatIsHeldIsNotRemoved()
    {
        VolumeService service = Open();
        service.Acquire(new("data", "", s_none, s_none), "c1");
        service.Acquire(new("data", "", s_none, s_none), "c2");
        EngineException e = await Assert.ThrowsAsync<EngineException>(() => service.RemoveAsync("data", force: true, CancellationToken.None));
        Assert.Equal((EngineErrorKind.Conflict, "remove data: volume is in use - [c1, c2]"), (e.Kind, e.Message));
        service.ReleaseAll("c1");
        service.ReleaseAll("c2");
        await service.RemoveAsync("data", force: false, CancellationToken.None);
        await Assert.ThrowsAsync<EngineException>(() => service.RemoveAsync("data", force: false, CancellationToken.None));
        await service.RemoveAsync("data", force: true, CancellationToken.None);
    }

    [Fact]
    public async Task AGuestsDeepestTreeIsMeasuredAndDeleted()
    {
        VolumeService service = Open();
        Volume volume = service.Create(new("deep", "", s_none, s_none));
        const string script = "d=$(printf 'd%.0s' $(seq 200)); for i in $(seq 40); do mkdir $d && cd $d || exit 1; done; head -c 5000 /dev/zero > file; ln file other";
        (int exitCode, string output) = await Commands.RunAsync("bash", "-c", $"cd {volume.Mountpoint} && {script}");
        Assert.True(exitCode == 0, output);
        Assert.InRange(await service.SizeAsync("deep", CancellationToken.None), 5000, 40 * 8192);
        await service.RemoveAsync("deep", force: false, CancellationToken.None);
        Assert.Empty(Directory.GetFileSystemEntries(Volumes));
    }

    [Fact]
    public async Task WhatHappensIsTold()
    {
        EventReader reader = _events.Subscribe();
        VolumeService service = Open();
        string name = service.Create(new("", "", s_none, s_none)).Name;
        service.Create(new(name, "", s_none, s_none));
        await service.RemoveAsync(name, force: false, CancellationToken.None);
        Assert.Equal(["create", "destroy"], (await reader.ReadAsync(Task.CompletedTask, CancellationToken.None)).Select(e => e.ActorId == name ? e.Action : "?"));
        Assert.Equal(64, name.Length);
    }

    public void Dispose() => _directory.Dispose();

    private VolumeService Open() => VolumeService.Open(_directory.Path, _events, Assert.Fail);

    private static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int attempt = 0; !condition(); attempt++)
        {
            Assert.True(attempt < 1000, "not within time");
            await Task.Delay(10);
        }
    }
}
