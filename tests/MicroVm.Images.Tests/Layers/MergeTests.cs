using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>How layers combine (OCI image-spec, layer.md; containerd, archive/tar.go), seen on the root disk.</summary>
public class MergeTests
{
    [Fact]
    public Task UpperFileReplacesLower() => GivesAsync(
        "/a f 2\n",
        new TarBuilder().File("a", "1"),
        new TarBuilder().File("a", "2"));

    [Fact]
    public Task LastOfDuplicatesWins() => GivesAsync(
        "/a f 2\n/d d -\n/d/x f 1\n",
        new TarBuilder().File("a", "1").File("d/x", "1").File("./a", "3").File("/a", "2").Directory("d"));

    [Theory]
    [InlineData("a")]
    [InlineData("./a")]
    [InlineData("/a")]
    [InlineData("//a")]
    [InlineData("x/../a")]
    [InlineData("/../a")]
    [InlineData("./x/./../a")]
    public Task NamesAreCleaned(string name) => GivesAsync("/a f 1\n", new TarBuilder().File(name, "1"));

    [Fact]
    public Task WhiteoutRemovesLowerFileAndTree() => GivesAsync(
        "/d d -\n/d/c f 3\n",
        new TarBuilder().File("d/a", "1").Directory("d/b").File("d/b/x", "2").File("d/c", "3"),
        new TarBuilder().File("d/.wh.a", "").File("d/.wh.b", ""));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task WhiteoutSparesItsOwnLayer(bool whiteoutFirst)
    {
        TarBuilder upper = new();
        _ = whiteoutFirst
            ? upper.File(".wh.a", "").File(".wh.d", "").File("a", "2").File("d/new", "2")
            : upper.File("a", "2").File("d/new", "2").File(".wh.a", "").File(".wh.d", "");
        return GivesAsync("/a f 2\n/d d -\n/d/new f 2\n", new TarBuilder().File("a", "1").File("d/old", "1"), upper);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task OpaqueHidesAllThatIsLower(bool opaqueFirst)
    {
        TarBuilder upper = new();
        _ = opaqueFirst
            ? upper.File("d/.wh..wh..opq", "").File("d/new", "2").File("d/s/n", "2")
            : upper.File("d/new", "2").File("d/s/n", "2").File("d/.wh..wh..opq", "");
        return GivesAsync(
            "/d d -\n/d/new f 2\n/d/s d -\n/d/s/n f 2\n/e f 1\n",
            new TarBuilder().File("d/old", "1").File("d/s/o", "1").File("d/t/o", "1").File("e", "1"),
            upper);
    }

    [Fact]
    public Task OpaqueRootHidesAllLayersBelow() => GivesAsync(
        "/a f 3\n",
        new TarBuilder().File("x", "1"),
        new TarBuilder().File("y/z", "1"),
        new TarBuilder().File("a", "3").File(".wh..wh..opq", ""));

    [Fact]
    public Task WhiteoutOfNothingIsNothing() => GivesAsync(
        "/a f 1\n",
        new TarBuilder().File("a", "1").File(".wh.b", "").File("c/.wh.d", "").File("c/.wh..wh..opq", "").File("a/.wh.x", ""));

    [Fact]
    public Task AufsMetadataIsIgnored() => GivesAsync(
        "/a f 1\n",
        new TarBuilder().File("a", "1").File(".wh..wh.aufs", "").Directory(".wh..wh.plnk").File(".wh..wh.plnk/17.3", "x"));

    [Fact]
    public Task WhiteoutFollowsSymlinkedParents() => GivesAsync(
        "/lib l usr/lib\n/usr d -\n/usr/lib d -\n/usr/lib/b f 2\n",
        new TarBuilder().Symlink("lib", "usr/lib").File("usr/lib/a", "1").File("usr/lib/b", "2"),
        new TarBuilder().File("lib/.wh.a", ""));

    [Fact]
    public Task EntriesLandBehindSymlinkedParents() => GivesAsync(
        "/lib l usr/lib\n/usr d -\n/usr/lib d -\n/usr/lib/x f 1\n",
        new TarBuilder().Directory("usr/lib").Symlink("lib", "usr/lib"),
        new TarBuilder().File("lib/x", "1"));

    [Theory]
    [InlineData("/etc", "/etc/x")]
    [InlineData("../../../../etc", "/etc/x")]
    [InlineData("/../etc/./", "/etc/x")]
    [InlineData("chain", "/etc/x")]
    [InlineData("/new/deep", "/new/deep/x")]
    public async Task SymlinkedParentsStayInside(string target, string lands)
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().Directory("etc").Directory("a").Symlink("a/chain", "b").Symlink("a/b", "/etc").Symlink("a/l", target),
            new TarBuilder().File("a/l/x", "1"));

        Assert.Equal("f", image[lands].Type);
    }

    [Fact]
    public async Task MissingParentsAreRoots0755()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder().File("a/b/c", "1", uid: 5, gid: 6));

        Assert.Equal(("755", "0", "0"), (image["/a"].Mode, image["/a"].Uid, image["/a/b"].Gid));
        Assert.Equal("1700000000.000000000", image["/a/b"].Time);
    }

    [Fact]
    public async Task DirectoryEntryReplacesAttributesAlone()
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().Directory("d", 0x1ed).File("d/a", "1"),
            new TarBuilder().Directory("d", 0x1c0, uid: 7, gid: 8, [("user.x", [1])]));

        Assert.Equal(("700", "7", "8", "user.x=01"), (image["/d"].Mode, image["/d"].Uid, image["/d"].Gid, image["/d"].Xattrs));
        Assert.Equal("f", image["/d/a"].Type);
    }

    [Fact]
    public Task AnyOtherTypeChangeReplaces() => GivesAsync(
        "/dir-to-file f 2\n/dir-to-link l usr\n/file-to-dir d -\n/link-to-dir d -\n/link-to-dir/x f 2\n/link-to-file f 2\n/usr d -\n/usr/keep f 1\n",
        new TarBuilder().File("usr/keep", "1").File("file-to-dir", "1").File("dir-to-file/x", "1").File("dir-to-link/x", "1")
            .Symlink("link-to-dir", "usr").Symlink("link-to-file", "usr/keep"),
        new TarBuilder().Directory("file-to-dir").File("dir-to-file", "2").Symlink("dir-to-link", "usr")
            .Directory("link-to-dir").File("link-to-dir/x", "2").File("link-to-file", "2"));

    [Fact]
    public async Task RootEntryCarriesAttributes()
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().File("a", "1"), new TarBuilder().Directory("./", 0x1c9, 3, 4, [("user.r", [2])]));

        Assert.Equal(("711", "3", "4", "user.r=02"), (image["/"].Mode, image["/"].Uid, image["/"].Gid, image["/"].Xattrs));
    }

    [Fact]
    public async Task HardLinksShareAnInodeAcrossLayers()
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().File("a", "1", mode: 0x1c0, uid: 9).HardLink("b", "a").Symlink("s", "a").Fifo("p"),
            new TarBuilder().HardLink("d/c", "/b").HardLink("t", "s").HardLink("q", "./p"));

        Assert.Equal(("3", "/a", "700", "9"), (image["/d/c"].Links, image["/d/c"].SameAs, image["/d/c"].Mode, image["/d/c"].Uid));
        Assert.Equal(("2", "/s", "l", "a"), (image["/t"].Links, image["/t"].SameAs, image["/t"].Type, image["/t"].Content));
        Assert.Equal(("2", "/p", "p"), (image["/q"].Links, image["/q"].SameAs, image["/q"].Type));
    }

    [Fact]
    public async Task ChangingOneNameOfALinkedFileLeavesTheOther()
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().File("a", "1").HardLink("b", "a").HardLink("c", "a"),
            new TarBuilder().File("b", "2"));

        Assert.Equal("/a f 1\n/b f 2\n/c f 1\n", image.Listing);
        Assert.Equal(("2", "1", "/a"), (image["/a"].Links, image["/b"].Links, image["/c"].SameAs));
    }

    [Fact]
    public Task HardLinkTargetIsFoundBehindSymlinks() => GivesAsync(
        "/b f 1\n/lib l usr/lib\n/usr d -\n/usr/lib d -\n/usr/lib/x f 1\n",
        new TarBuilder().File("usr/lib/x", "1").Symlink("lib", "usr/lib"),
        new TarBuilder().HardLink("b", "lib/x"));

    [Fact]
    public Task ReplacedParentIsNotUsedAgain() => GivesAsync(
        "/a l b\n/b d -\n/b/x f 1\n/b/y f 2\n",
        new TarBuilder().File("b/x", "1").Directory("a").File("a/old", "1").Symlink("a", "b").File("a/y", "2"));

    [Fact]
    public Task SameLayerMayComeTwice()
    {
        TarBuilder layer = new TarBuilder().File("a", "1");
        return GivesAsync("/a f 1\n", layer, new TarBuilder().File("a", "2"), layer);
    }

    [Fact]
    public async Task DevicesAndFifosKeepTheirNumbers()
    {
        using MergedImage image = await MergedImage.OfAsync(
            new TarBuilder().Device("null", '3', 1, 3).Device("big", '4', 4095, 0xfffff).Fifo("p"));

        Assert.Equal("/big b 4095:1048575\n/null c 1:3\n/p p -\n", image.Listing);
    }

    private static async Task GivesAsync(string expected, params TarBuilder[] layers)
    {
        using MergedImage image = await MergedImage.OfAsync(layers);
        Assert.Equal(expected, image.Listing);
    }
}
