using System.Text;
using MicroVm.Images.Tests.Erofs;
using MicroVm.Images.Tests.Tar;
using MicroVm.Images.Trees;

namespace MicroVm.Images.Tests.Layers;

/// <summary>What a file is beside its content, through archive, index and root disk.</summary>
public class AttributeTests
{
    private static readonly byte[] s_capability = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 10, 13, 0, 0, 0, 0, 0, 0, 0, (byte)'='];

    [Fact]
    public async Task XattrsKeepTheirBytes()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder().File(
            "a", "1", xattrs: [("user.empty", []), ("user.text", "x\ny\0=z\n"u8.ToArray()), ("security.capability", s_capability), ("trusted.t", [255])]));

        Assert.Equal(
            $"security.capability={Convert.ToHexStringLower(s_capability)},trusted.t=ff,user.empty=,user.text=780a79003d7a0a",
            image["/a"].Xattrs);
        KeyValuePair<ByteString, ByteString> first = image.Tree.Find("a")!.Xattrs.First();
        Assert.Equal(("security.capability", Convert.ToHexString(s_capability)), (first.Key.ToString(), Convert.ToHexString(first.Value.Span)));
    }

    [Fact]
    public async Task XattrsOfBsdtarAreDecodedAndRawOnesWin()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder()
            .Pax(("LIBARCHIVE.xattr.user.a%3Db", "AAEC"), ("LIBARCHIVE.xattr.user.two", "Ag"), ("SCHILY.xattr.user.two", "raw"))
            .File("a", "1"));

        Assert.Equal("user.a\\x3db=000102,user.two=726177", image["/a"].Xattrs);
    }

    [Fact]
    public async Task XattrsOfOtherMachinesAreDropped()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder()
            .File("a", "1", xattrs:
            [
                ("security.selinux", [1]), ("system.nfs4_acl", [1]), ("trusted.overlay.opaque", [(byte)'y']), ("btrfs.x", [1]), ("user.", [1]),
                ("user.overlay.kept", [1]),
            ])
            .Pax(("SCHILY.xattr.user.x", "1"), ("SCHILY.xattr.trusted.x", "1")).Symlink("l", "a"));

        Assert.Equal("user.overlay.kept=01", image["/a"].Xattrs);
        Assert.Equal("trusted.x=31", image["/l"].Xattrs);
    }

    [Fact]
    public async Task AccessControlListsHaveTheirOwnIndex()
    {
        byte[] acl = [2, 0, 0, 0, 1, 0, 7, 0, 255, 255, 255, 255, 4, 0, 5, 0, 255, 255, 255, 255, 32, 0, 5, 0, 255, 255, 255, 255];
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder().Directory(
            "d", xattrs: [("system.posix_acl_access", acl), ("system.posix_acl_default", acl)]));

        string hex = Convert.ToHexStringLower(acl);
        Assert.Equal($"system.posix_acl_access={hex},system.posix_acl_default={hex}", image["/d"].Xattrs);
    }

    [Fact]
    public async Task LargestXattrFits()
    {
        byte[] large = new byte[65535];
        large[^1] = 1;
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder()
            .File("a", "1", xattrs: [("user.a", large), ("user." + new string('n', 250), large)])
            .File("b", "2"));

        Assert.Equal(2 * 65535 * 2, image["/a"].Xattrs.Split(',').Sum(x => x.Length - x.IndexOf('=', StringComparison.Ordinal) - 1));
        Assert.Equal("/a f 1\n/b f 2\n", image.Listing);
    }

    [Theory]
    [InlineData("0", "0.000000000")]
    [InlineData("-1", "-1.000000000")]
    [InlineData("-1.25", "-2.750000000")]
    [InlineData("-0.5", "-1.500000000")]
    [InlineData("1350244992.023960108", "1350244992.023960108")]
    [InlineData("1.9999999999", "1.999999999")]
    [InlineData("1.", "1.000000000")]
    [InlineData("99999999999", "99999999999.000000000")]
    public async Task TimesKeepNanosecondsAndSign(string written, string kept)
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder().Pax(("mtime", written)).File("a", "1"));

        Assert.Equal(kept, image["/a"].Time);
    }

    [Fact]
    public async Task LargeOwnersComeFromBase256AndPax()
    {
        using MergedImage image = await MergedImage.OfAsync(new TarBuilder()
            .File("a", "1", uid: 2_097_152, gid: 4_294_967_294)
            .Pax(("uid", "3000000000"), ("gid", "2097151")).File("b", "1"));

        Assert.Equal(("2097152", "4294967294"), (image["/a"].Uid, image["/a"].Gid));
        Assert.Equal(("3000000000", "2097151"), (image["/b"].Uid, image["/b"].Gid));
    }

    [Fact]
    public async Task NamesAreBytes()
    {
        byte[] name = [0x80, 0xff, (byte)' ', (byte)'\n', 0xc3, 0xa9];
        var tar = new TarBuilder();
        tar.Entry(tar.Header(name, '0', 0)).Symlink("l", "\\x");
        using MergedImage image = await MergedImage.OfAsync(tar);

        Assert.Equal(["/", "/\\x80\\xff\\x20\\x0a\\xc3\\xa9", "/l"], image.Files.Select(file => file.Path));
    }

    [Fact]
    public async Task LongNamesComeFromEveryFormat()
    {
        string component = new('n', 255);
        string deep = string.Join('/', Enumerable.Repeat(component, 15));
        string target = new('t', 4095);
        var tar = new TarBuilder();
        tar.Pax(("path", deep + "/pax")).File("short", "1")
            .Long('L', TarBuilder.Bytes(deep + "/gnu")).File("short", "2")
            .Long('K', TarBuilder.Bytes(target)).Symlink("k", "short")
            .Pax(("linkpath", target)).Symlink("p", "short")
            .Long('L', TarBuilder.Bytes("hard")).Long('K', TarBuilder.Bytes(deep + "/gnu")).HardLink("short", "short");
        byte[] ustar = tar.Header(TarBuilder.Bytes("name"), '0', 0);
        TarBuilder.Bytes("prefix/of/it").CopyTo(ustar, 345);
        tar.Entry(TarBuilder.Checksummed(ustar));
        using MergedImage image = await MergedImage.OfAsync(tar);

        Assert.Equal(("1", "2"), (image["/" + deep + "/pax"].Size, image["/" + deep + "/gnu"].Links));
        Assert.Equal((target, target), (image["/k"].Content, image["/p"].Content));
        Assert.Equal("f", image["/prefix/of/it/name"].Type);
    }

    [Fact]
    public async Task LargeDirectoriesAreFoundByTheKernelsSearch()
    {
        var tar = new TarBuilder();
        string[] names = [.. Enumerable.Range(0, 3000).Select(i => $"{(char)('!' + (i % 90))}{i}-{new string('x', i % 200)}").Select(n => n.Replace('/', '_'))];
        foreach (string name in names)
        {
            tar.File("d/" + name, name);
        }

        using MergedImage image = await MergedImage.OfAsync(tar);

        Assert.Equal(names.Select(PathInD).Order(StringComparer.Ordinal), image.Files.Skip(2).Select(file => file.Path));
    }

    [Fact]
    public async Task DirectoriesOfEverySizeAroundABlockAreRight()
    {
        var tar = new TarBuilder();
        for (int count = 0; count < 40; count++)
        {
            tar.Directory($"{count}");
            for (int i = 0; i < count; i++)
            {
                tar.File($"{count}/{new string('n', 180 + (count % 7))}{i:d3}", "");
            }
        }

        using MergedImage image = await MergedImage.OfAsync(tar);

        Assert.Equal(1 + 40 + (39 * 40 / 2), image.Files.Count);
    }

    private static string PathInD(string name) => "/d/" + FileFacts.Shown(Encoding.UTF8.GetBytes(name));
}
