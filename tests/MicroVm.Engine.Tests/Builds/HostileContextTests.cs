using System.Formats.Tar;
using System.Text;
using MicroVm.Images.Store;
using MicroVm.Images.Trees;

namespace MicroVm.Engine.Tests.Builds;

/// <summary>Contexts and images that mean harm: they are refused, or stay in the image.</summary>
public sealed class HostileContextTests : IAsyncLifetime
{
    private TestBuilder _builder = null!;

    public async ValueTask InitializeAsync() => _builder = await TestBuilder.OpenAsync();

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    [Theory]
    [InlineData("../out")]
    [InlineData("a/../../out")]
    public async Task Names_that_lead_out_are_refused(string name) =>
        Assert.Equal(
            $"Error processing tar file: the build context: a path leaves the image's root: \"{name}\"",
            await _builder.RefusedAsync("FROM base", (name, "x")));

    [Fact]
    public async Task Links_are_followed_inside_the_context_alone()
    {
        string file = "FROM base\nCOPY link/passwd /x";
        Assert.Contains("file does not exist", await _builder.RefusedAsync(file, ("link", "->/etc")), StringComparison.Ordinal);
        Assert.Contains("file does not exist", await _builder.RefusedAsync(file, ("link", "->../../../etc")), StringComparison.Ordinal);
        Assert.Contains("Cannot locate specified Dockerfile", (await Assert.ThrowsAsync<EngineException>(
            () => _builder.BuildAsync(new(), TestBuilder.Context(("Dockerfile", "->/proc/self/environ"))))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_is_a_link_is_followed_inside_the_image()
    {
        StoredImage image = await _builder.BuildAsync(
            "FROM scratch\nCOPY links /\nCOPY a /root/x\nCOPY a /up/y\nCOPY a /file",
            ("links/", ""), ("links/root", "->/"), ("links/up", "->../../../../in"), ("links/file", "->/deep/target"), ("a", "A"));
        Assert.Equal(
            "deep 755 0:0 /\ndeep/target 600 0:0 A\nfile 777 0:0 -> /deep/target\nin 755 0:0 /\nin/y 600 0:0 A\nroot 777 0:0 -> /\nup 777 0:0 -> ../../../../in\nx 600 0:0 A",
            _builder.List(image, "").Split('\n', 2)[1]);
    }

    [Fact]
    public async Task Links_in_circles_end() =>
        Assert.Contains("too many symbolic links", await RefusedAnyAsync(
            "FROM scratch\nCOPY links /\nCOPY a /one/x", ("links/", ""), ("links/one", "->two"), ("links/two", "->one"), ("a", "")), StringComparison.Ordinal);

    [Fact]
    public async Task Whiteouts_in_a_context_remove_nothing()
    {
        StoredImage image = await _builder.BuildAsync("FROM base\nCOPY a /etc/", ("a", "A"), (".wh.a", ""), (".wh..wh..opq", ""));
        Assert.Contains("etc/a 600 0:0 A", _builder.List(image, "etc"), StringComparison.Ordinal);
        Assert.Contains("etc/passwd", _builder.List(image, "etc"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Devices_are_devices_of_the_image_alone()
    {
        byte[] context = TestBuilder.Archive(tar =>
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream("FROM base\nCOPY d /x"u8.ToArray()) });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.BlockDevice, "d/disk") { DeviceMajor = 8, DeviceMinor = 0 });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.Fifo, "d/pipe"));
        });
        using ImageContents contents = _builder.Open(await _builder.BuildAsync(new(), context));
        Assert.Equal((NodeKind.BlockDevice, 8u), (contents.Tree.Find("x/disk")!.Kind, contents.Tree.Find("x/disk")!.DeviceMajor));
        Assert.Equal(NodeKind.Fifo, contents.Tree.Find("x/pipe")!.Kind);
    }

    [Fact]
    public async Task A_file_of_nothing_that_no_layer_could_hold_is_not_read()
    {
        // A sparse file of 4 TiB (GNU tar's PAX format 1.0): one segment at its end, of no bytes.
        byte[] map = Encoding.ASCII.GetBytes("1\n4398046511104\n0\n".PadRight(512, '\0'));
        byte[] context = TestBuilder.Archive(tar =>
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = new MemoryStream("FROM base\nCOPY huge /x"u8.ToArray()) });
            Dictionary<string, string> sparse = new()
            {
                ["GNU.sparse.major"] = "1",
                ["GNU.sparse.minor"] = "0",
                ["GNU.sparse.name"] = "huge",
                ["GNU.sparse.realsize"] = "4398046511104",
            };
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "GNUSparseFile.0/huge", sparse) { DataStream = new MemoryStream(map) });
        });
        Task<StoredImage> build = _builder.BuildAsync(new(), context);
        Assert.Equal("the files to copy are larger than 256 GiB", (await Assert.ThrowsAsync<EngineException>(() => build)).Message);
        Assert.Empty(_builder.Leftovers);
    }

    [Fact]
    public async Task What_is_no_archive_or_has_no_Dockerfile_is_refused()
    {
        Assert.Contains("Error processing tar file", (await Assert.ThrowsAsync<EngineException>(
            () => _builder.BuildAsync(new(), [.. Enumerable.Repeat((byte)'x', 2000)]))).Message, StringComparison.Ordinal);
        Assert.Equal("Cannot locate specified Dockerfile: Dockerfile", (await Assert.ThrowsAsync<EngineException>(
            () => _builder.BuildAsync(new(), TestBuilder.Context(("a", "A"))))).Message);
        Assert.Equal("Forbidden path outside the build context: ../x", (await Assert.ThrowsAsync<EngineException>(
            () => _builder.BuildAsync(new() { Dockerfile = "../x" }, TestBuilder.Context(("a", "A"))))).Message);
    }

    [Fact]
    public async Task Variables_that_double_end()
    {
        string file = "FROM scratch\nENV A=xxxxxxxxxxxxxxxx\n" + string.Concat(Enumerable.Repeat("ENV A=$A$A$A$A\n", 30));
        Assert.Contains("too long", await RefusedAnyAsync(file), StringComparison.Ordinal);
    }

    private async Task<string> RefusedAnyAsync(string dockerfile, params (string Name, string Content)[] files) =>
        (await Assert.ThrowsAnyAsync<Exception>(() => _builder.BuildAsync(dockerfile, files))).Message;
}
