using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>Archives made to break out, to break the reader, or to exhaust the host.</summary>
public class HostileTarTests
{
    public static TheoryData<string, string> Refused => new()
    {
        { "../a", "leaves the image's root" },
        { "a/../../b", "leaves the image's root" },
        { "..", "leaves the image's root" },
        { "./..", "leaves the image's root" },
        { ".", "replace the root" },
        { "/", "replace the root" },
        { "a/..", "replace the root" },
        { ".wh.", "whiteout of no name" },
        { "a/.wh..", "whiteout of no name" },
        { ".wh...", "whiteout of no name" },
        { new string('n', 256), "file name too long" },
        { string.Join('/', Enumerable.Repeat("n", 2049)), "file name too long" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task BadNamesAreRefused(string name, string message) => Assert.Contains(
        message, await MergedImage.RefusedAsync(new TarBuilder().Pax(("path", name)).File("x", "1")), StringComparison.Ordinal);

    [Theory]
    [InlineData("../etc/passwd", "leaves the image's root")]
    [InlineData("missing", "missing file")]
    [InlineData("d", "to a directory")]
    [InlineData("d/..", "root directory")]
    [InlineData("loop/x", "too many symbolic links")]
    [InlineData("f/x", "missing file")]
    public async Task BadHardLinksAreRefused(string target, string message) => Assert.Contains(
        message,
        await MergedImage.RefusedAsync(new TarBuilder().Directory("d").File("f", "1").Symlink("loop", "loop").HardLink("h", target)),
        StringComparison.Ordinal);

    [Fact]
    public async Task SymlinkThenEntryThroughItStaysInside()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder()
            .Symlink("out", "../../../../../../etc").File("out/passwd", "1")
            .Symlink("abs", "/root").HardLink("abs/link", "out/passwd").File("abs/link", "2"));

        Assert.Equal("/abs l /root\n/etc d -\n/etc/passwd f 1\n/out l ../../../../../../etc\n/root d -\n/root/link f 2\n", image.Listing);
    }

    [Fact]
    public async Task SymlinkLoopOnTheWayIsRefused() => Assert.Contains(
        "too many symbolic links",
        await MergedImage.RefusedAsync(new TarBuilder().Symlink("a", "b").Symlink("b", "a").File("a/x", "1")),
        StringComparison.Ordinal);

    [Fact]
    public async Task FileAsParentIsRefused() => Assert.Contains(
        "not a directory", await MergedImage.RefusedAsync(new TarBuilder().File("a", "1").File("a/b", "1")), StringComparison.Ordinal);

    [Theory]
    [InlineData('Z')]
    [InlineData('D')]
    [InlineData('M')]
    [InlineData('V')]
    public async Task UnknownTypesAreRefused(char type)
    {
        var tar = new TarBuilder();
        tar.Entry(tar.Header("a"u8.ToArray(), type, 0));

        Assert.Contains("unhandled tar header type", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 0, "out of range")]
    [InlineData(uint.MaxValue, 0, "out of range")]
    [InlineData(0, long.MaxValue, "out of range")]
    public async Task OwnersOutOfRangeAreRefused(long uid, long gid, string message) => Assert.Contains(
        message, await MergedImage.RefusedAsync(new TarBuilder().File("a", "1", uid: uid, gid: gid)), StringComparison.Ordinal);

    [Theory]
    [InlineData("uid", "4294967295")]
    [InlineData("gid", "99999999999999999999")]
    [InlineData("size", "-1")]
    [InlineData("size", "9223372036854775807")]
    [InlineData("mtime", "1.x")]
    [InlineData("mtime", "")]
    [InlineData("mtime", "x")]
    [InlineData("LIBARCHIVE.xattr.user.x", "!")]
    [InlineData("LIBARCHIVE.xattr.user.%00", "AAEC")]
    public async Task BadPaxValues(string key, string value)
    {
        byte[] tar = new TarBuilder().Pax((key, value)).File("a", "1").ToArray();
        if (value.Length == 0)
        {
            // An empty value means that the header's own field stands.
            using MergedImage image = await MergedImage.OfAsync(tar);
            Assert.Equal("1700000000.000000000", image["/a"].Time);
        }
        else
        {
            await MergedImage.RefusedAsync(tar);
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("10 a")]
    [InlineData("6 aab\n")]
    [InlineData("99 a=b\n")]
    [InlineData("6 a=b ")]
    [InlineData("6 =bb\n")]
    [InlineData("-6 a=b\n")]
    [InlineData("99999999999999999999 a=b\n")]
    [InlineData("8 a\0=bc\n")]
    [InlineData("12 path=a\0b\n")]
    public async Task BadPaxRecordsAreRefused(string record)
    {
        var tar = new TarBuilder();
        byte[] content = TarBuilder.Bytes(record);
        tar.Entry(tar.Header("h"u8.ToArray(), 'x', content.Length), content).File("a", "1");

        Assert.Contains("PAX", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OversizedExtendedHeadersAreRefusedUnread()
    {
        foreach (char type in "xgLK")
        {
            var tar = new TarBuilder();
            tar.Raw(tar.Header("h"u8.ToArray(), type, 1L << 40));

            Assert.Contains("larger than 1 MiB", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task XattrsOverTheFormatsLimitsAreRefused()
    {
        await MergedImage.RefusedAsync(new TarBuilder().File("a", "1", xattrs: [("user.x", new byte[65536])]));
        await MergedImage.RefusedAsync(new TarBuilder().File("a", "1", xattrs: [("user." + new string('x', 251), [])]));
        await MergedImage.RefusedAsync(new TarBuilder().File("a", "1", xattrs: [("system.posix_acl_access", [1, 2, 3])]));
        await MergedImage.RefusedAsync(new TarBuilder().File(
            "a", "1", xattrs: [.. Enumerable.Range(0, 4).Select(i => ($"user.{i}", new byte[60_000]))]));
    }

    [Fact]
    public async Task DevicesOutOfRangeAreRefused()
    {
        Assert.Contains("4096:0", await MergedImage.RefusedAsync(new TarBuilder().Device("a", '3', 4096, 0)), StringComparison.Ordinal);
        Assert.Contains("0:1048576", await MergedImage.RefusedAsync(new TarBuilder().Device("a", '4', 0, 1 << 20)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EmptyOrOverlongLinkTargetsAreRefused()
    {
        await MergedImage.RefusedAsync(new TarBuilder().Symlink("a", ""));
        await MergedImage.RefusedAsync(new TarBuilder().Pax(("linkpath", new string('x', 4096))).Symlink("a", "b"));
        await MergedImage.RefusedAsync(new TarBuilder().HardLink("a", ""));
    }

    [Fact]
    public async Task EveryTruncationIsRefusedOrWhole()
    {
        byte[] tar = new TarBuilder().Pax(("mtime", "1.5")).File("a", new byte[700]).Long('L', "b"u8.ToArray()).File("x", "2").ToArray();
        for (int length = 0; length < tar.Length; length += 100)
        {
            byte[] cut = tar[..length];
            Exception? error = await Record.ExceptionAsync(async () => (await MergedImage.OfAsync(cut)).Dispose());
            Assert.True(error is null or ImageException { Kind: ImageErrorKind.Invalid }, $"{length}: {error}");
        }

        Assert.Contains("middle of an entry", await MergedImage.RefusedAsync(tar[..2000]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongChecksumIsRefused()
    {
        byte[] tar = new TarBuilder().File("a", "1").ToArray();
        tar[0] ^= 1;

        Assert.Contains("checksum", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignedChecksumIsAccepted()
    {
        var tar = new TarBuilder();
        byte[] header = tar.Header([(byte)'a', 0xe9], '0', 0);
        int sum = 0;
        for (int i = 0; i < 512; i++)
        {
            sum += i is >= 148 and < 156 ? ' ' : (sbyte)header[i];
        }

        TarBuilder.Bytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header, 148);
        using MergedImage image = await MergedImage.OfAsync(tar.Entry(header));

        Assert.Equal("/a\\xe9 f \n", image.Listing);
    }

    [Theory]
    [InlineData("garbage that is no tar at all")]
    [InlineData("")]
    public async Task NotATar(string text)
    {
        byte[] bytes = TarBuilder.Bytes(text);
        if (text.Length > 0)
        {
            await MergedImage.RefusedAsync(bytes, bytes);
            return;
        }

        // An empty layer is legal: Docker's own are 1024 zero bytes or nothing.
        using MergedImage image = await MergedImage.OfAsync(bytes);
        Assert.Equal("", image.Listing);
    }

    [Fact]
    public async Task MessagesShowNamesSafely()
    {
        var tar = new TarBuilder();
        tar.Entry(tar.Header("../\u001b[31m\n\"x"u8.ToArray(), '0', 0));

        Assert.Contains("\"../\\x1b[31m\\x0a\\x22x\"", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TooManyLayersAreRefused()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder().File("a", "1"));

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => image.Store.GetRootDiskAsync([.. Enumerable.Repeat(image.DiffIds[0], 513)], CancellationToken.None));
        Assert.Equal(ImageErrorKind.Invalid, error.Kind);
    }

    [Fact]
    public async Task LayerRepeatedToExhaustTheHostIsRefused()
    {
        var tar = new TarBuilder();
        for (int i = 0; i < 20_000; i++)
        {
            tar.Directory($"{i}");
        }

        using MergedImage image = await MergedImage.OfAsync(tar);

        ImageException error = await Assert.ThrowsAsync<ImageException>(
            () => image.Store.GetRootDiskAsync([.. Enumerable.Repeat(image.DiffIds[0], 500)], CancellationToken.None));
        Assert.Contains("entries", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ManyImpliedDirectoriesAreRefused()
    {
        // 1200 paths of 2000 new directories each: 2.4 million from an archive of 10 MB.
        var tar = new TarBuilder();
        string tail = string.Concat(Enumerable.Repeat("/d", 2000));
        for (int i = 0; i < 1200; i++)
        {
            tar.Pax(("path", $"{i}{tail}")).File("x", "");
        }

        Assert.Contains("more than", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task DeepNestingThroughSymlinksIsRefused()
    {
        // Each link leads 1000 directories deeper than the one before.
        var tar = new TarBuilder();
        string deeper = string.Concat(Enumerable.Repeat("/d", 1000));
        tar.Symlink("l0", ".");
        for (int i = 0; i < 4; i++)
        {
            tar.Pax(("path", $"l{i}{deeper}/x")).File("x", "").Pax(("linkpath", $"l{i}{deeper}")).Symlink($"l{i + 1}", "x");
        }

        Assert.Contains("nested too deeply", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndlessSymlinkWorkIsRefused()
    {
        // 200 links of 1000 components each, followed by every entry.
        var tar = new TarBuilder();
        string dots = string.Concat(Enumerable.Repeat("./", 1000));
        for (int i = 0; i < 200; i++)
        {
            tar.Pax(("linkpath", $"{dots}l{i + 1}")).Symlink($"l{i}", "x");
        }

        tar.Directory("l200");
        for (int i = 0; i < 3000; i++)
        {
            tar.File($"l0/{i}", "").File($"x{i}", "");
        }

        Assert.Contains("too long to follow", await MergedImage.RefusedAsync(tar), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RepeatedWhiteoutsCostOnce()
    {
        // Without care, quadratic: each of 30,000 opaque markers would walk 30,000 files.
        var tar = new TarBuilder();
        for (int i = 0; i < 30_000; i++)
        {
            tar.File($"d/{i}", "").File("d/.wh..wh..opq", "").File(".wh.d", "");
        }

        using MergedImage image = await MergedImage.OfAsync(tar);
        Assert.Equal(30_002, image.Files.Count);
    }
}
