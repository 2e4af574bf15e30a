using MicroVm.Engine.Containers;
using MicroVm.Engine.Persistence;
using MicroVm.Hypervisor;
using MicroVm.Images;

namespace MicroVm.Engine.Tests.Persistence;

public sealed class ContainerStoreTests : IDisposable
{
    private static readonly string s_id = new('a', 64);

    private readonly TemporaryDirectory _directory = new();
    private readonly ContainerStore _store;

    public ContainerStoreTests() => _store = new(Options);

    private EngineOptions Options => new() { Root = _directory["root"], RunDirectory = _directory["run"], Kernel = "k", Initramfs = "i" };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void ARecordComesBackWhole()
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        ContainerRecord record = Record() with { HasEnded = true };
        ContainerStore.Save(paths, record, durable: true);
        ContainerRecord loaded = Assert.Single(Load());
        Assert.Equivalent(record, loaded, strict: true);
        Assert.Equal(record.Vm!.Token, loaded.Vm!.Token);
        Assert.Equal(record.Snapshot.Spec.Tmpfs, loaded.Snapshot.Spec.Tmpfs);
    }

    [Fact]
    public void OnlyItsOwnerReadsARecord()
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        ContainerStore.Save(paths, Record(), durable: false);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(paths.Record));
    }

    [Fact]
    public void AHalfWrittenReplacementLeavesTheOldRecord()
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        ContainerStore.Save(paths, Record(), durable: true);
        File.WriteAllText(paths.Record + ".tmp", "{\"Snap");
        Assert.Single(Load());
    }

    [Fact]
    public void AHalfMadeContainerIsDiscarded()
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        File.WriteAllText(paths.Scratch, "");
        Assert.Empty(Load());
        Assert.False(Directory.Exists(paths.Directory));
    }

    [Fact]
    public void AHalfDeletedContainerIsGone()
    {
        string trash = Path.Combine(Options.Root, "trash", s_id + ".1");
        Directory.CreateDirectory(trash);
        _store.EmptyTrash();
        Assert.False(Directory.Exists(trash));
    }

    [Theory]
    [InlineData("{\"Version\":1,\"Snapshot\":")]
    [InlineData("{\"Version\":99,\"Snapshot\":null,\"Vm\":null}")]
    [InlineData("null")]
    public void AnUnreadableRecordIsReportedAndKept(string text)
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        File.WriteAllText(paths.Record, text);
        List<EngineException> errors = [];
        Assert.Empty(_store.LoadAll(errors.Add));
        Assert.Contains(paths.Record, Assert.Single(errors).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(paths.Record));
    }

    [Fact]
    public async Task TheWriterEndsWithTheNewestRecord()
    {
        ContainerPaths paths = _store.CreateDirectory(s_id);
        RecordWriter writer = new(paths);
        Task last = Task.CompletedTask;
        for (int i = 0; i <= 50; i++)
        {
            last = writer.Save(Record() with { Snapshot = Record().Snapshot with { ExitCode = i } }, durable: false);
        }

        await last;
        Assert.Equal(50, Assert.Single(Load()).Snapshot.ExitCode);
        await writer.CloseAsync();
        _store.Delete(s_id);
        await writer.Save(Record(), durable: false);
        Assert.False(Directory.Exists(paths.Directory));
    }

    private List<ContainerRecord> Load() => [.. _store.LoadAll(e => Assert.Fail(e.Message))];

    private static ContainerRecord Record() => new(
        new()
        {
            Id = s_id,
            Name = "n",
            Spec = new() { Image = "i", Tmpfs = new Dictionary<string, string> { ["/t"] = "size=1m" }, Ulimits = [new("core", -1, -1)] },
            ImageId = Digest.FromHash(new byte[32]),
            Arguments = ["a", "b"],
            Effective = new()
            {
                Environment = ["A=\u00e9"],
                Entrypoint = null,
                Command = ["a", "b"],
                WorkingDirectory = "/",
                User = "",
                Hostname = "h",
                StopSignal = null,
                Labels = new Dictionary<string, string> { ["l"] = "v" },
                ExposedPorts = [],
                Volumes = [],
            },
            Created = DateTimeOffset.UnixEpoch,
            Status = ContainerStatus.Exited,
            Timings = new Dictionary<string, double> { ["boot"] = 1.5 },
        },
        new VmSpec
        {
            Id = s_id,
            RuntimeDirectory = "/run/x",
            ConsoleLog = "c",
            Kernel = "k",
            Initramfs = "i",
            VCpus = 1,
            Memory = 1 << 20,
            Token = [1, 2, 3],
            Root = new("r", DiskFormat.Vmdk, true) { Extents = ["e"] },
            Scratch = new("s", DiskFormat.Raw, false, Volatile: true),
            Networks = [new() { MacAddress = [2, 0, 0, 0, 0, 1], Ports = [new("0.0.0.0", 1, 2, "tcp")] }],
        });
}
