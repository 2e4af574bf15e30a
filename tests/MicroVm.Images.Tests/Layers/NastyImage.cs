using MicroVm.Images.Tests.Support;
using MicroVm.Images.Tests.Tar;

namespace MicroVm.Images.Tests.Layers;

/// <summary>An image of three layers with all that is legal and easy to get wrong.</summary>
internal static class NastyImage
{
    private static readonly byte[] s_capability = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 10, 13, 0, 0, 0, 0, 0, 0, 0, 0];

    public static byte[][] Layers => [Base().ToArray(), Middle().ToArray(trailing: 9216), Top().ToArray()];

    private static TarBuilder Base()
    {
        TarBuilder tar = new TarBuilder()
            .Directory("./", 0x1ed)
            .Directory("./usr").Directory("./usr/lib").Directory("./usr/bin", 0x1ed)
            .Symlink("./lib", "usr/lib").Symlink("./bin", "/usr/bin").Symlink("./loop", "loop")
            .File("./usr/bin/su", TestImage.RandomBytes(1, 70_000), 0x9ed)
            .File("./usr/bin/ping", TestImage.RandomBytes(2, 5000), 0x1ed, xattrs: [("security.capability", s_capability)])
            .HardLink("./usr/bin/ping4", "./usr/bin/ping").HardLink("./bin/ping6", "bin/ping")
            .Directory("etc").File("etc/passwd", "root:x:0:0::/root:/bin/sh\n").File("etc/shadow", "secret", 0x1a0, gid: 42)
            .Directory("tmp", 0x3ff).Directory("gone").File("gone/a", "1").Directory("gone/b").File("gone/b/c", "1")
            .Directory("opaque").File("opaque/old", "1").Directory("opaque/sub").File("opaque/sub/old", "1").File("opaque/replaced", "1")
            .Directory("dir-to-file").File("dir-to-file/x", "1").File("file-to-dir", "1").Symlink("link-to-dir", "usr")
            .Directory("dir-to-link").File("dir-to-link/x", "1").Symlink("link-to-file", "etc/passwd")
            .Directory("links").File("links/a", "linked").HardLink("links/b", "links/a").HardLink("links/c", "links/a")
            .Symlink("links/s", "a").HardLink("links/s2", "links/s").Fifo("links/fifo").HardLink("links/fifo2", "links/fifo")
            .Directory("dev").Device("dev/null", '3', 1, 3).Device("dev/big", '4', 259, 1000).HardLink("dev/null2", "dev/null")
            .File("empty", "").File("block", TestImage.RandomBytes(3, 4096)).File("block+1", TestImage.RandomBytes(4, 4097))
            .File("block-1", TestImage.RandomBytes(5, 4095)).File("large", TestImage.RandomBytes(6, 3_000_000))
            .Directory("many");
        for (int i = 0; i < 700; i++)
        {
            tar.File($"many/{(char)('!' + (i % 80))}{i}".Replace("/", "_", StringComparison.Ordinal).Replace("many_", "many/", StringComparison.Ordinal), $"{i}");
        }

        return Sparse(Names(tar));
    }

    private static TarBuilder Names(TarBuilder tar)
    {
        tar.Directory("names");
        tar.Entry(tar.Header([.. "names/"u8, 0x80, 0xff, (byte)'\n', (byte)' ', 0xc3, 0xa9], '0', 0));
        tar.File("names/" + new string('n', 255), "1").File("names/.hidden", "1").File("names/..x", "1").File("names/ú", "1");
        string deep = "names";
        for (int i = 0; i < 8; i++)
        {
            deep += "/" + new string((char)('a' + i), 200);
            tar.Pax(("path", deep)).Directory("x");
        }

        tar.Pax(("path", deep + "/file")).File("x", "deep");
        tar.Pax(("linkpath", new string('t', 4000))).Symlink("names/long-link", "x");
        tar.Pax(("linkpath", deep + "/file")).HardLink("names/hard-to-deep", "x");
        return tar.Symlink("names/link", "../../\u00fa n");
    }

    private static TarBuilder Sparse(TarBuilder tar)
    {
        byte[] lines = TarBuilder.Bytes("3\n0\n5\n1000000\n4096\n20000000\n1\n");
        Array.Resize(ref lines, 512);
        return tar.Pax(
                ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.realsize", "30000000"))
            .File("GNUSparseFile.0/sparse", [.. lines, .. "start"u8, .. TestImage.RandomBytes(7, 4096), (byte)'!']);
    }

    private static TarBuilder Middle() => new TarBuilder { DefaultTime = 1_700_000_500 }
        .Directory("etc", 0x1c9, 1, 2, [("user.dir", "value\nwith=newline"u8.ToArray()), ("trusted.t", [0, 255])])
        .File("etc/passwd", "changed\n", uid: 3_000_000, gid: 4_000_000_000)
        .File("lib/through-link", "1").File("bin/tool", "1", 0x1ed)
        .File(".wh.gone", "").Directory("opaque").File("opaque/new", "2").File("opaque/.wh..wh..opq", "").File("opaque/replaced", "2")
        .File("dir-to-file", "2").Directory("file-to-dir").File("file-to-dir/x", "2").Directory("link-to-dir").File("link-to-dir/x", "2")
        .Symlink("dir-to-link", "etc").File("link-to-file", "2")
        .HardLink("links/d", "links/b").File("links/b", "own now").File("links/.wh.c", "")
        .Pax(("mtime", "-1234.5")).File("before-1970", "1").Pax(("mtime", "1700000123.987654321")).File("nanoseconds", "1")
        .Pax(("mtime", "1600000000.25")).Directory("times");

    private static TarBuilder Top() => new TarBuilder { DefaultTime = 1_700_001_000 }
        .Directory("gone").File("gone/again", "3").File("etc/.wh.shadow", "").HardLink("links/e", "links/a")
        .File("dup", "1").File("./dup", "2").File("/dup", "3")
        .File("times/inside", "1").Symlink("usr/lib/abs", "/etc/passwd")
        .Directory("tmp", 0x3ff, 0, 0, [("user.top", [1])]);
}
