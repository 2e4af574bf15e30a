using MicroVm.Integration.Tests.Infrastructure;

namespace MicroVm.Integration.Tests;

/// <summary>
/// Images made to harm the host, through `load` and `pull`: refused in one line with nothing left in the store, or taken with
/// every path inside the image.
/// </summary>
[Collection<OwnDaemonCollection>]
public sealed class HostileImageTests(OwnDaemon own)
{
    /// <summary>Layers that are refused, and what is said of them.</summary>
    private static readonly Dictionary<string, (byte[] Layer, string Text)> s_refused = new()
    {
        ["parent"] = (HostileImage.Tar(HostileImage.File("../escaped", "x")), "escaped"),
        ["deep parent"] = (HostileImage.Tar(HostileImage.File("a/../../escaped", "x")), "escaped"),
        ["hard link out"] = (HostileImage.Tar(HostileImage.Link('1', "link", "../../etc/passwd")), "etc/passwd"),
        ["huge size"] = (HostileImage.Tar(HostileImage.Header("huge", '0', "", long.MaxValue)), "huge"),
        ["negative size"] = (HostileImage.Tar(HostileImage.Header("negative", '0', "", -1)), "size"),
        ["garbage"] = ([.. Enumerable.Repeat((byte)0xa5, 2048)], "tar"),
        ["cut off"] = (HostileImage.File("cut", "content")[..515], "the archive ends in the middle"),
    };

    private Daemon Daemon => own.Daemon;

    public static TheoryData<string> Refused => [.. s_refused.Keys];

    [Theory, MemberData(nameof(Refused))]
    public async Task AHostileArchiveIsRefused(string name)
    {
        (byte[] layer, string text) = s_refused[name];
        string archive = Path.Combine(Daemon.Directory, "hostile.tar");
        await File.WriteAllBytesAsync(archive, new HostileImage(layer).Archive("hostile:archive"));
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            await own.RefusedAsync(client, 1, text, "load", "-i", archive);
        }

        NothingEscaped();
    }

    [Theory, MemberData(nameof(Refused))]
    public async Task AHostilePullIsRefused(string name)
    {
        (byte[] layer, string text) = s_refused[name];
        using var registry = new HostileRegistry(new HostileImage(layer));
        await PullIsRefusedAsync(registry, text);
        NothingEscaped();
    }

    [Fact]
    public async Task BytesThatAreNotTheLayersAreRefused()
    {
        var image = new HostileImage(HostileImage.Tar(HostileImage.File("a", "x")));
        byte[] other = [.. image.Layer];
        other[700] ^= 1;
        using var registry = new HostileRegistry(image, other);
        await PullIsRefusedAsync(registry, "digest");
    }

    [Fact]
    public async Task ALayerThatIsNotTheConfigurationsIsRefused()
    {
        var image = new HostileImage(HostileImage.Tar(HostileImage.File("a", "x"))) { DiffId = HostileImage.Digest([1]) };
        using var registry = new HostileRegistry(image);
        await PullIsRefusedAsync(registry, image.DiffId);
        string archive = Path.Combine(Daemon.Directory, "mismatch.tar");
        await File.WriteAllBytesAsync(archive, image.Archive("hostile:mismatch"));
        await own.RefusedAsync("mvm", 1, image.DiffId, "load", "-i", archive);
    }

    [Theory]
    [InlineData(401, "401 Unauthorized")]
    [InlineData(403, "403 Forbidden")]
    [InlineData(500, "500 Internal Server Error")]
    public async Task ARegistryThatRefusesIsOneLine(int status, string text)
    {
        using var registry = new HostileRegistry(status);
        await PullIsRefusedAsync(registry, text);
    }

    [Theory, CombinatorialClients]
    public Task ARegistryThatIsDownIsOneLine(string client) =>
        own.RefusedAsync(client, 1, "connection refused", "pull", "-q", "127.0.0.1:9/library/busybox");

    [Theory]
    [InlineData(0)]
    [InlineData(700)]
    [InlineData(5000)]
    public async Task AnArchiveCutShortIsRefused(int length)
    {
        string archive = Path.Combine(Daemon.Directory, $"cut-{length}.tar");
        byte[] whole = new HostileImage(HostileImage.Tar(HostileImage.File("a", "x"))).Archive("hostile:cut");
        await File.WriteAllBytesAsync(archive, whole[..Math.Min(length, 2500)]);
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            await own.RefusedAsync(client, 1, "archive", "load", "-i", archive);
        }
    }

    /// <summary>Absolute names and links that lead out: the guest's root is the only one they know.</summary>
    [Fact]
    public async Task PathsThatLeadOutStayInsideTheImage()
    {
        var before = Footprint.Of(Daemon);
        string target = Path.Combine(Daemon.Directory, "host-directory");
        Directory.CreateDirectory(target);
        byte[] layer = HostileImage.Tar(
            HostileImage.File("/absolute-escaped", "a"), HostileImage.Link('2', "out", target), HostileImage.File("out/escaped", "b"));
        using var registry = new HostileRegistry(new HostileImage(layer));
        string name = registry.Address + "/hostile/links:1";
        (await Daemon.MvmAsync("pull", "-q", name)).Succeeded();
        Assert.Empty(Directory.GetFileSystemEntries(target));
        Directory.Delete(target);
        NothingEscaped();
        (await Daemon.MvmAsync("rmi", name)).Succeeded();
        await before.UnchangedAsync();
    }

    private async Task PullIsRefusedAsync(HostileRegistry registry, string text)
    {
        foreach (string client in CombinatorialClientsAttribute.Clients)
        {
            await own.RefusedAsync(client, 1, text, "pull", "-q", registry.Address + "/hostile/image:1");
        }
    }

    /// <summary>Nowhere a name with dots can have led from the daemon's directories.</summary>
    private void NothingEscaped()
    {
        Assert.Empty(Directory.GetFiles(Daemon.Directory, "*escaped*", SearchOption.AllDirectories));
        Assert.False(File.Exists(Path.Combine(Path.GetTempPath(), "escaped")) || File.Exists("/absolute-escaped"));
    }
}
